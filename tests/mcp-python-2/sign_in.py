"""Signs in with the official Python client, generation 2, from the address of the server alone. A
browser has to be led to the address that it prints. Works on tasks until it has to refresh its
tokens, and fails at the first difference."""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

SERVER = json.loads(sys.argv[1])["url"]


class Memory:
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def main():
    arrived = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        line = (await reader.readline()).decode()
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nBack at the client.")
        writer.close()
        if line.startswith("GET /callback?"):
            query = parse_qs(urlsplit(line.split()[1]).query)
            arrived.set_result({name: value for name, [value] in query.items()})

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def show(url):
        print(url, flush=True)

    async def come_back():
        back = await arrived
        return AuthorizationCodeResult(code=back["code"], state=back["state"], iss=back["iss"])

    memory = Memory()
    sign_in = OAuthClientProvider(
        server_url=SERVER,
        client_metadata=OAuthClientMetadata(
            client_name="Python client 2",
            redirect_uris=[f"http://127.0.0.1:{port}/callback"],
        ),
        storage=memory,
        redirect_handler=show,
        callback_handler=come_back,
    )
    http = httpx2.AsyncClient(auth=sign_in)
    async with Client(streamable_http_client(SERVER, http_client=http)) as client:
        added = await client.call_tool("add_task", {"title": "Signed in"})
        assert not added.is_error, added
        assert memory.tokens.scope == "tasks:read tasks:write", memory.tokens.scope
        before = memory.tokens
        # As if an hour had passed.
        sign_in.context.token_expiry_time = 1
        added = await client.call_tool("add_task", {"title": "Refreshed"})
        assert not added.is_error, added
        assert memory.tokens.access_token != before.access_token
        assert memory.tokens.refresh_token != before.refresh_token


asyncio.run(main())
