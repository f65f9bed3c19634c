"""Reports as they are asked and run: what the pages, the API and the command line call is in `service`."""
