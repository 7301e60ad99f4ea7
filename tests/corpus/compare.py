"""Descriptions of images: their normal form, and differences in words."""

import json


def normal(description):
    """Without what is empty, and with what differs by machine left out."""
    if "fails" in description:
        return description
    result = dict(description)
    result["config"] = {name: value for name, value in sorted(description["config"].items())
                        if value not in (None, "", False, [], {})}
    return {name: value for name, value in result.items() if value not in ([], {}, "")}


def text_of(description):
    """JSON with one line for each file, each member of the configuration and each step."""
    dump = lambda value: json.dumps(value, ensure_ascii=False)
    parts = []
    for name, value in description.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = "[\n  " + ",\n  ".join(dump(entry) for entry in value) + "\n ]"
        elif isinstance(value, dict):
            value = "{\n  " + ",\n  ".join(f"{dump(key)}: {dump(entry)}" for key, entry in value.items()) + "\n }"
        else:
            value = dump(value)
        parts.append(f" {dump(name)}: {value}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def differences_of_lists(what, key, wanted, got):
    by_key = lambda entries: {entry[key]: entry for entry in entries}
    wanted, got = by_key(wanted), by_key(got)
    for name in sorted(set(wanted) | set(got)):
        if name not in got:
            yield f"{what} {name}: missing"
        elif name not in wanted:
            yield f"{what} {name}: not expected: {got[name]}"
        else:
            for field in sorted(set(wanted[name]) | set(got[name])):
                if field == "mtime" and field not in wanted[name]:
                    continue  # that of the build: what it is is not stated
                if wanted[name].get(field) != got[name].get(field):
                    yield f"{what} {name}: {field} is {got[name].get(field)!r}, wanted {wanted[name].get(field)!r}"


def differences(wanted, got):
    """One line each; none if the images are equal."""
    if "fails" in wanted or "fails" in got:
        return [] if wanted == got else [f"wanted {wanted}, got {got}"]
    lines = list(differences_of_lists("file", "path", wanted.get("files", []), got.get("files", [])))
    for name in sorted(set(wanted.get("config", {})) | set(got.get("config", {}))):
        there, here = got.get("config", {}).get(name), wanted.get("config", {}).get(name)
        if there != here:
            lines.append(f"config {name}: is {there!r}, wanted {here!r}")
    numbered = lambda entries: [dict(entry, number=i) for i, entry in enumerate(entries)]
    lines += differences_of_lists("history", "number", numbered(wanted.get("history", [])),
                                  numbered(got.get("history", [])))
    for name in ("removed", "author", "platform"):
        if wanted.get(name) != got.get(name):
            lines.append(f"{name}: is {got.get(name)!r}, wanted {wanted.get(name)!r}")
    return lines
