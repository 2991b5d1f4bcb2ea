"""What Schemathesis cannot know from the OpenAPI document: who calls, and what is there.

Paths name the caller and things that exist, bodies bear the right password where one is asked for,
and operations that end a session or an account get a throw-away one. What each operation answered
goes to a file, so that the test can see that none was refused throughout.
"""

import atexit
import itertools
import json
import os
import random
import urllib.parse
import urllib.request

import schemathesis

BASE = os.environ["BASE_URL"]
PASSWORD = os.environ["PASSWORD"]
IDS = json.loads(os.environ["IDS"])  # path and placeholder → ids that exist

statuses = {}
names = itertools.count(1)
# Hypothesis seeds the module's own generator anew for every case.
chance = random.Random(1)


def post(path, body, **headers):
    headers["content-type"] = "application/json"
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def throw_away_session():
    name = f"throw-away-{next(names)}"
    form = {"name": name, "email": f"{name}@example.com", "password": PASSWORD}
    return post("/api/auth/sign-up/email", form)["token"]


# What a program asks a user for, with the pair of RFC 7636, Appendix B.
REQUEST = {
    "response_type": "code",
    "client_id": os.environ["CLIENT_ID"],
    "redirect_uri": "http://127.0.0.1/callback",
    "scope": "tasks:read",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


def redemption():
    """Exchanges a code that a throw-away user gave."""
    session = f"Bearer {throw_away_session()}"
    decision = {**REQUEST, "allow": True}
    answer = post("/api/auth/decide-authorization", decision, authorization=session)
    return {
        "grant_type": "authorization_code",
        "client_id": REQUEST["client_id"],
        "code": urllib.parse.parse_qs(urllib.parse.urlsplit(answer["location"]).query)["code"][0],
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    if path_parameters and "user_id" in path_parameters:
        path_parameters["user_id"] = os.environ["USER_ID"]
        path = ctx.operation.path.removeprefix("/api/{user_id}/")
        for name in path_parameters.keys() - {"user_id"}:
            # Most of the time something that exists: the rest is for the 404s.
            ids = IDS.get(f"{path}.{name}", [])
            if ids and chance.random() < 0.9:
                path_parameters[name] = chance.choice(ids)
    return path_parameters


@schemathesis.auth(refresh_interval=None)
class Credential:
    """A JWT for REST, a session's token for accounts."""

    def get(self, case, context):
        path = case.operation.path
        if not path.startswith("/api/auth/"):
            return os.environ["JWT"]
        return throw_away_session() if action(path) in ENDING else os.environ["SESSION"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    path, body = case.operation.path, case.body
    if not isinstance(body, dict):
        return
    if path.endswith("/approve") and chance.random() < 0.5:
        body["option"] = "Yes"
    if path == "/api/oauth/register" and "redirect_uris" in body and chance.random() < 0.7:
        body["redirect_uris"] = [REQUEST["redirect_uri"]]
    if path == "/api/oauth/token" and chance.random() < 0.3:
        body.clear()
        body.update(redemption())
    if path.endswith("-authorization") and chance.random() < 0.7:
        body.update(REQUEST)
    if not path.startswith("/api/auth/"):
        return
    known = {
        "change-password": {"currentPassword": PASSWORD},
        "delete-user": {"password": PASSWORD},
        "email": {"email": os.environ["EMAIL"], "password": PASSWORD},
        "reset-password": {"token": os.environ["RESET_TOKEN"]},
    }
    if not path.endswith("/sign-up/email"):
        body.update({k: v for k, v in known.get(action(path), {}).items() if k in body})


def action(path):
    return path.split("/")[-1]


# They end the session or the account that they are called with.
ENDING = {"sign-out", "revoke-sessions", "change-password", "delete-user"}


@schemathesis.hook
def after_call(ctx, case, response):
    statuses.setdefault(case.operation.label, set()).add(response.status_code)


@atexit.register
def report():
    with open(os.environ["STATUSES"], "w") as file:
        json.dump({label: sorted(seen) for label, seen in statuses.items()}, file)
