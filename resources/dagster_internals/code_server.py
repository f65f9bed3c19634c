"""The question for a sign of life of a code server, in its own protocol; it offers no other."""

from dagster._grpc.__generated__.dagster_api_pb2 import PingRequest
from dagster._grpc.__generated__.dagster_api_pb2_grpc import DagsterApiStub

__all__ = ["DagsterApiStub", "PingRequest"]
