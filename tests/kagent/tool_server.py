"""Plays kagent's tools for Kubernetes: those that todo-sre may call, with their names and parameters, and
the answers of a cluster whose backend cannot reach its database. What is called becomes a line of a file.

Usage: tool_server.py PORT FILE
"""

import sys

from mcp.server.fastmcp import FastMCP

PORT, FILE = int(sys.argv[1]), sys.argv[2]
tools = FastMCP("kagent-tool-server", host="127.0.0.1", port=PORT, log_level="ERROR")


def called(line, answer):
    with open(FILE, "a") as file:
        print(line, file=file)
    return answer


@tools.tool()
def k8s_get_resources(resource_type: str, resource_name: str = "", namespace: str = "") -> str:
    return called(f"k8s_get_resources {resource_type}", "NAME             READY   STATUS\ntodo-backend-1   0/1     CrashLoopBackOff")


@tools.tool()
def k8s_describe_resource(resource_type: str, resource_name: str, namespace: str = "") -> str:
    return called(f"k8s_describe_resource {resource_name}", f"Name: {resource_name}")


@tools.tool()
def k8s_get_events(namespace: str = "") -> str:
    return called(f"k8s_get_events {namespace}", "Warning BackOff pod/todo-backend-1")


@tools.tool()
def k8s_get_pod_logs(pod_name: str, namespace: str = "default", tail_lines: int = 50) -> str:
    return called(f"k8s_get_pod_logs {pod_name}", "password authentication failed for user todo")


@tools.tool()
def k8s_scale(name: str, namespace: str = "default", replicas: int = 1) -> str:
    return called(f"k8s_scale {name}", "scaled")


@tools.tool()
def k8s_rollout(action: str, resource_type: str, resource_name: str, namespace: str = "default") -> str:
    return called(f"k8s_rollout {action}", "done")


@tools.tool()
def k8s_patch_resource(resource_type: str, resource_name: str, patch: str, namespace: str = "default") -> str:
    return called(f"k8s_patch_resource {resource_name}", "patched")


tools.run(transport="streamable-http")
