"""What the scripts of all skills share: reading a specification, filling templates, writing files.

The same file lies in every skill, so that a skill's folder works alone wherever it is copied;
`cargo xtask test skills` fails when two of them differ. Python's standard library is enough.
"""

import argparse
import json
import re
import sys
from pathlib import Path

FAILED, REFUSED, CHANGED = 1, 2, 3
EXIT_CODES = """\
exit codes:
  0  the files are as the specification says
  1  a file cannot be read or written
  2  the specification or the command line is wrong; nothing was written
  3  a file differs from what would be written; nothing was written (see --force)
"""

LABEL = r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"
HOST = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+"
VARIABLE = r"[A-Z][A-Z0-9_]*"
IMAGE = r"[a-z0-9]+([._/:-][a-z0-9]+)*"
VERSION = r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?"
PATH = r"/[A-Za-z0-9._~/-]*"
CPU = r"[0-9]+m?"
MEMORY = r"[0-9]+(Ki|Mi|Gi)"
CIDR = r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}"
# A file below the folder of the project: no way up, none from the root.
FILE = r"(\./)?(?!.*\.\.)[A-Za-z0-9._-][A-Za-z0-9._/-]*"
LANGUAGES = ("go", "node", "python", "rust")


class Refused(Exception):
    """The specification is wrong; the text is one sentence for the person who wrote it."""


class Reader:
    """Takes fields from a JSON object, and refuses what is wrong or left over."""

    def __init__(self, value, where):
        if not isinstance(value, dict):
            raise Refused(f"{where} must be an object.")
        self.left, self.where = dict(value), where

    def take(self, name, default):
        if name not in self.left and default is ...:
            raise Refused(f"{self.where} lacks \"{name}\".")
        return self.left.pop(name, default)

    def text(self, name, pattern, default=...):
        value = self.take(name, default)
        if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            raise Refused(f"{self.where}: \"{name}\" is {json.dumps(value)}, which does not match {pattern}.")
        return value

    def number(self, name, low, high, default=...):
        value = self.take(name, default)
        if value is not None and not (type(value) is int and low <= value <= high):
            raise Refused(f"{self.where}: \"{name}\" must be a whole number from {low} to {high}.")
        return value

    def texts(self, name, pattern):
        values = self.take(name, [])
        if not isinstance(values, list):
            raise Refused(f"{self.where}: \"{name}\" must be a list.")
        for value in values:
            if not (isinstance(value, str) and re.fullmatch(pattern, value)):
                raise Refused(f"{self.where}: \"{name}\" has {json.dumps(value)}, which does not match {pattern}.")
        return values

    def mapping(self, name, pattern, default=None):
        """An object whose keys match the pattern, as (key, value) in the order of the keys."""
        values = self.take(name, {} if default is None else default)
        if not isinstance(values, dict):
            raise Refused(f"{self.where}: \"{name}\" must be an object.")
        for key in values:
            if not re.fullmatch(pattern, key):
                raise Refused(f"{self.where}: \"{name}\" has the key {json.dumps(key)}, which does not match {pattern}.")
        return sorted(values.items())

    def objects(self, name, default=...):
        values = self.take(name, default)
        if not isinstance(values, list):
            raise Refused(f"{self.where}: \"{name}\" must be a list.")
        return [Reader(value, f"{self.where}, {name}[{n}]") for n, value in enumerate(values)]

    def end(self):
        if self.left:
            raise Refused(f"{self.where} has the unknown field \"{sorted(self.left)[0]}\".")


def specification(value):
    """The specification, checked and with its defaults: what templates read."""
    reader = Reader(value, "the specification")
    app = {
        "name": reader.text("name", LABEL),
        "version": reader.text("version", VERSION, "0.1.0"),
        "host": reader.text("host", HOST),
        "registry": reader.text("registry", IMAGE, None),
        "ingress_class": reader.text("ingress_class", LABEL, "nginx"),
        "ingress_namespace": reader.text("ingress_namespace", LABEL, "ingress-nginx"),
    }
    app["namespace"] = reader.text("namespace", LABEL, app["name"])
    app["services"] = [service(one, app) for one in reader.objects("services")]
    environments = reader.mapping("environments", LABEL, {"dev": {"replicas": 1}, "prod": {}})
    reader.end()

    names = [one["name"] for one in app["services"]]
    if not 1 <= len(names) <= 8:
        raise Refused("the specification must have 1 to 8 services.")
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"two services have the name \"{name}\".")
    connect(app)
    app["environments"] = [environment(name, one, app) for name, one in environments]
    return app


def service(reader, app):
    name = reader.text("name", LABEL)
    reader.where = f"the service \"{name}\""
    full = f"{app['name']}-{name}"
    one = {
        "name": name,
        "full": full,
        "image": reader.text("image", IMAGE, full),
        "port": reader.number("port", 1024, 65535),
        "replicas": reader.number("replicas", 1, 50, 2),
        "max_replicas": reader.number("max_replicas", 2, 200, None),
        "args": reader.texts("args", r"[ -~]+"),
        "before": reader.texts("before", r"[ -~]+"),
        "paths": reader.texts("paths", PATH),
        "live": reader.text("live", PATH, "/livez"),
        "ready": reader.text("ready", PATH, "/readyz"),
        "drain_seconds": reader.number("drain_seconds", 1, 600, 25),
        "cpu": reader.text("cpu", CPU, "100m"),
        "cpu_limit": reader.text("cpu_limit", CPU, "500m"),
        "memory": reader.text("memory", MEMORY, "64Mi"),
        "memory_limit": reader.text("memory_limit", MEMORY, "256Mi"),
        "calls": reader.mapping("calls", VARIABLE),
        "language": reader.text("language", "|".join(LANGUAGES), None),
        "entry": reader.text("entry", FILE, full),
        "context": reader.text("context", FILE, "."),
    }
    one["grace_seconds"] = one["drain_seconds"] + 5
    env = reader.mapping("env", VARIABLE)
    for key, value in env:
        if not isinstance(value, str) or not value.isprintable():
            raise Refused(f"{reader.where}: the value of \"{key}\" in \"env\" must be one line of text.")
    # What names the host in an address, `{host}`, differs between environments.
    one["env"] = [
        {"name": key, "value": value.replace("{host}", app["host"]), "pattern": value} for key, value in env
    ]
    one["host_env"] = [pair for pair in one["env"] if "{host}" in pair["pattern"]]
    one["secrets"] = [secret(each) for each in reader.objects("secrets", [])]
    one["egress"] = [egress(each) for each in reader.objects("egress", [])]
    reader.end()
    if one["max_replicas"] and one["max_replicas"] < max(one["replicas"], 2):
        raise Refused(f"{reader.where}: \"max_replicas\" is below the replicas that it starts with.")
    return one


def secret(reader):
    """A key of a Secret, mounted as a file whose path the variable holds."""
    one = {
        "variable": reader.text("variable", VARIABLE),
        "name": reader.text("name", LABEL),
        "key": reader.text("key", r"[-._a-zA-Z0-9]+"),
    }
    reader.end()
    return one


def egress(reader):
    """Addresses outside the application that a service may call."""
    one = {"port": reader.number("port", 1, 65535), "cidr": reader.text("cidr", CIDR)}
    reader.end()
    return one


def connect(app):
    """Resolves who calls whom."""
    by_name = {one["name"]: one for one in app["services"]}
    for one in app["services"]:
        callees = []
        for variable, callee in one["calls"]:
            if not isinstance(callee, str) or callee not in by_name:
                raise Refused(f"the service \"{one['name']}\" calls {json.dumps(callee)}, which is no service.")
            if callee == one["name"]:
                raise Refused(f"the service \"{callee}\" calls itself.")
            target = by_name[callee]
            url = f"http://{target['full']}:{target['port']}"
            one["env"].append({"name": variable, "value": url})
            callees.append(target)
        one["env"].sort(key=lambda pair: pair["name"])
        one["callees"] = [{"name": t["name"], "full": t["full"], "port": t["port"]} for t in callees]
    for one in app["services"]:
        one["callers"] = [
            {"name": other["name"], "full": other["full"]}
            for other in app["services"]
            if one["name"] in [callee["name"] for callee in other["callees"]]
        ]
    app["rollout"] = rollout(app["services"])
    app["public"] = [one for one in app["services"] if one["paths"]]
    if not app["public"]:
        raise Refused("no service has \"paths\", so nobody could reach the application.")
    app["secrets"] = sorted({secret["name"] for one in app["services"] for secret in one["secrets"]})


def rollout(services):
    """The order in which new versions start: who is called before who calls."""
    done, left = [], list(services)
    while left:
        names = [one["name"] for one in done]
        ready = [one for one in left if all(callee["name"] in names for callee in one["callees"])]
        if not ready:
            raise Refused(f"the services {', '.join(one['name'] for one in left)} call each other in a circle.")
        done += ready
        left = [one for one in left if one not in ready]
    return done


def environment(name, value, app):
    reader = Reader(value, f"the environment \"{name}\"")
    one = {
        "name": name,
        "namespace": reader.text("namespace", LABEL, f"{app['namespace']}-{name}"),
        "host": reader.text("host", HOST, app["host"] if name == "prod" else f"{name}.{app['host']}"),
        "version": reader.text("version", VERSION, app["version"]),
        "replicas": reader.number("replicas", 1, 50, None),
    }
    reader.end()
    return one


def fill(template, values):
    """Fills a template: `@{name.of.value}`, `@{value:json}`, and lines `@for x in y`, `@if y`,
    `@if not y`, `@end`."""
    lines, end = fill_lines(template.split("\n"), 0, values)
    assert end == len(template.split("\n")), "an @end too many"
    return "\n".join(lines)


def fill_lines(lines, start, values):
    out, n = [], start
    while n < len(lines):
        line = lines[n]
        word = line.strip().split(" ") if line.strip().startswith("@") else [""]
        if word[0] == "@end":
            return out, n
        if word[0] == "@for":
            rounds = [{**values, word[1]: item} for item in look_up(word[3], values)]
        elif word[0] == "@if":
            negated = word[1] == "not"
            rounds = [values] if bool(look_up(word[-1], values)) != negated else []
        else:
            out.append(re.sub(r"@\{([a-z_.]+)(:json)?\}", lambda found: text_of(found, values), line))
            n += 1
            continue
        end = end_of(lines, n)
        for each in rounds:
            out += fill_lines(lines[:end], n + 1, each)[0]
        n = end + 1
    return out, n


def end_of(lines, start):
    depth = 0
    for n in range(start, len(lines)):
        word = lines[n].strip().split(" ")[0]
        depth += {"@for": 1, "@if": 1, "@end": -1}.get(word, 0)
        if depth == 0:
            return n
    raise AssertionError(f"no @end for {lines[start]}")


def look_up(name, values):
    for part in name.split("."):
        values = values[part]
    return values


def text_of(found, values):
    value = look_up(found.group(1), values)
    return json.dumps(value, ensure_ascii=False) if found.group(2) else str(value)


def asset(name):
    """A template of the skill whose script runs."""
    return (Path(__file__).resolve().parent.parent / "assets" / name).read_text(encoding="utf-8")


def main(description, generate):
    """The command line of a skill: `generate(app)` gives the files, as {path: text}."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("specification", help="a JSON file, or - for standard input")
    parser.add_argument("--out", metavar="DIR", default=".", help="where the files go (default: here)")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; print what would be written")
    parser.add_argument("--force", action="store_true", help="overwrite files that differ")
    arguments = parser.parse_args()
    try:
        source = sys.stdin if arguments.specification == "-" else open(arguments.specification, encoding="utf-8")
        with source:
            app = specification(json.load(source))
        files = generate(app)
        report(arguments, files)
    except Refused as refusal:
        stop(REFUSED, str(refusal))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        stop(REFUSED, f"the specification is not JSON: {error}.")
    except OSError as error:
        stop(FAILED, f"{error.filename}: {error.strerror}.")


def report(arguments, files):
    """Writes what is missing, and prints as JSON what was done with each file."""
    out = Path(arguments.out)
    states = {}
    for path, text in sorted(files.items()):
        target = out / path
        if not target.exists():
            states[path] = "created"
        elif target.read_bytes() == text.encode():
            states[path] = "unchanged"
        else:
            states[path] = "changed"
    changed = [path for path, state in states.items() if state == "changed"]
    if not arguments.dry_run:
        if changed and not arguments.force:
            stop(CHANGED, f"{', '.join(changed)} would be overwritten; look at --dry-run, then use --force.")
        for path, text in files.items():
            if states[path] != "unchanged":
                write(out / path, text)
    result = {"dry_run": arguments.dry_run, "out": arguments.out, "files": []}
    for path, state in states.items():
        entry = {"path": path, "state": state}
        if arguments.dry_run:
            entry["content"] = files[path]
        result["files"].append(entry)
    print(json.dumps(result, indent=2, ensure_ascii=False))


def write(target, text):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())
    if text.startswith("#!"):
        target.chmod(0o755)


def stop(code, sentence):
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(code)
