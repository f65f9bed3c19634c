"""The pages and files of the app, one blueprint a subject; they read, ask the service, and choose a template."""
