"""What the differential run asks both programs: each case is a list of steps (arguments, standard input) on a store that
is fresh at its start."""
import json

HUB = "https://index.docker.io/v1/"


def login(server="r.example", user="alice", secret="wonder", **more):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret, **more}, ensure_ascii=False)


def store(*args, **more):
    return (["store"], login(*args, **more))


def get(server="r.example"):
    return (["get"], server)


def erase(server="r.example"):
    return (["erase"], server)


LIST = (["list"], "unused")
AFTER = [get(), LIST]


def command_lines():
    for name, arguments in {
        "no-argument": [], "two-arguments": ["get", "x"], "three-arguments": ["get", "a", "b"], "unknown": ["foo"],
        "empty-argument": [""], "upper-case": ["GET"], "help-word": ["help"], "help-long": ["--help"], "help-short": ["-h"],
        "version-word": ["version"], "version-long": ["--version"], "version-short": ["-v"], "dashes": ["--"],
        "space-after": ["get "], "list-twice": ["list", "list"], "unknown-utf8": ["é"],
    }.items():
        yield f"command-line/{name}", [(arguments, "r.example")]


def bad_payloads():
    good = login()
    for name, text in {
        "empty": "", "white-space": " \n\t", "word": "junk", "number": "7", "string": '"text"', "null": "null", "true": "true",
        "array": "[]", "array-of-login": f"[{good}]", "cut-short": good[:-1], "cut-in-key": good[:5], "cut-in-value": good[:20],
        "open-brace": "{", "empty-object": "{}", "single-quotes": good.replace('"', "'"), "trailing-comma": good[:-1] + ",}",
        "comment": "/* x */" + good, "byte-order-mark": "\ufeff" + good, "server-number": good.replace('"r.example"', "7"),
        "server-null": good.replace('"r.example"', "null"), "server-empty": login(""), "server-missing": '{"Username":"u","Secret":"s"}',
        "server-and-user-empty": login("", ""), "user-empty": login(user=""), "user-missing": '{"ServerURL":"r.example","Secret":"s"}',
        "user-array": good.replace('"alice"', "[]"), "user-object": good.replace('"alice"', "{}"), "secret-number": good.replace('"wonder"', "7"),
        "secret-bool": good.replace('"wonder"', "false"), "bad-escape": good.replace("wonder", "\\x"), "half-surrogate-cut": good.replace("wonder", "\\ud8"),
        "raw-line-break-in-string": good.replace("wonder", "a\nb"), "raw-tab-in-string": good.replace("wonder", "a\tb"),
        "deep-arrays": '{"x":' + "[" * 1000 + "]" * 1000 + "," + good[1:], "server-tab": login("r\texample"), "server-nul": login("r\0example"),
        "user-nul": login(user="a\0b"), "user-escape-code": login(user="a\x1b[2Jb"), "one-line-of-64-KiB": login(secret="x" * 65536),
    }.items():
        yield f"store-bad/{name}", [(["store"], text), *AFTER]
    yield "store-bad/invalid-utf8-in-secret", [(["store"], good.encode().replace(b"wonder", b"a\xff")), *AFTER]
    yield "store-bad/invalid-utf8-in-user", [(["store"], good.encode().replace(b"alice", b"a\xff")), *AFTER]
    yield "store-bad/latin1", [(["store"], good.encode().replace(b"alice", b"\xe9")), *AFTER]
    yield "store-bad/over-a-mebibyte", [(["store"], login(secret="x" * 1024 * 1024)), *AFTER]


def odd_but_good_payloads():
    good = login()
    for name, text in {
        "lower-case-keys": good.lower(), "upper-case-keys": good.upper().replace("R.EXAMPLE", "r.example"), "unknown-keys": login(x=1, y=[{}], z=None),
        "pretty": json.dumps(json.loads(good), indent=2), "crlf-lines": json.dumps(json.loads(good), indent=2).replace("\n", "\r\n"),
        "trailing-text": good + " trailing {", "second-object": good + login("other.example"), "duplicate-keys": good[:-1] + ',"Secret":"second"}',
        "duplicate-in-other-case": good[:-1] + ',"secret":"second"}', "secret-missing": '{"ServerURL":"r.example","Username":"alice"}',
        "secret-null": good.replace('"wonder"', "null"), "secret-empty": login(secret=""), "escaped-slashes": good.replace("r.example", "r.example").replace("wonder", "a\\/b"),
        "escaped-unicode": good.replace("wonder", "\\u00e9\\ud83d\\udd11"), "lone-surrogate": good.replace("wonder", "a\\ud800b"),
        "leading-white-space": "\n\n  " + good, "line-break-between-keys": good.replace(", ", ",\n"), "server-with-edge-spaces": login(" r.example "),
        "user-with-edge-spaces": login(user=" alice "),
    }.items():
        yield f"store-odd/{name}", [(["store"], text), *AFTER]


def values():
    for name, secret in {
        "unicode": "é ü 日本 \U0001f511", "html": "<a href='x'>&amp;</a>", "separators": "\u2028\u2029", "quotes": '"\\"', "spaces": "  two  ",
        "tab": "a\tb", "line-breaks-inside": "a\nb\r\nc", "line-break-at-end": "secret\n", "control": "\x01\x1f\x7f", "nul": "a\0b",
        "dots": "refresh..client", "shell": "$HOME `id` $(id) %s", "long": "x" * 5000, "60-KiB": "y" * 60_000, "dash": "-n", "json": '{"a":1}',
    }.items():
        yield f"secret/{name}", [store(secret=secret), *AFTER]
    for name, user in {
        "token": "<token>", "unicode": "é日本", "spaces": "a b", "at": "u@example.org", "dollar": "robot$ci", "plus": "a+b", "dot": ".hidden",
        "dash": "-x", "quotes": '"q"', "backslash": "a\\b", "percent": "%2F", "slash": "tenant/user", "dot-dot": "..", "climbing": "../../evil",
        "absolute": "/abs", "gpg-suffix": "x.gpg", "long": "u" * 200,
    }.items():
        yield f"user/{name}", [store(user=user), *AFTER]
    for name, server in {
        "hub": HUB, "companion": HUB + "access-token", "port": "r.example:5000", "url-with-path": "https://r.example:5000/v2/", "ipv6": "[::1]:5000",
        "path": "r.example/team/app", "unicode": "日本.example", "space": "a b", "slash": "/", "climbing": "../../evil", "upper-case": "R.EXAMPLE",
        "query": "https://r.example/?a=<b>&c", "quotes": 'a"b', "long": "s" * 180, "dollar": "$HOME", "private": "oauth+https://r.example",
    }.items():
        yield f"server/{name}", [store(server), get(server), LIST, erase(server), LIST]


def requests():
    stored = [store(), store("https://r.example/v1/", "bob", "builder")]
    for name, text in {
        "exact": "r.example", "line-break": "r.example\n", "crlf": "r.example\r\n", "line-break-inside": "r.exa\nmple", "edge-spaces": "  r.example \t",
        "no-break-spaces": "\u00a0r.example\u3000", "url": "https://r.example/v1/", "empty": "", "white-space": " \n", "missing": "other.example",
        "missing-url": "https://other.example/v1/", "word": "garbage", "json": login(), "tab-inside": "r\texample", "nul-inside": "r\0example",
        "http": "http://r.example", "port": "r.example:5000", "path": "r.example/team", "https": "https://r.example", "other-case": "R.example",
        "64-KiB": "s" * 65536,
    }.items():
        yield f"get/{name}", [*stored, (["get"], text)]
        yield f"erase/{name}", [*stored, (["erase"], text), LIST]


def sequences():
    yield "sequence/empty-list", [LIST]
    yield "sequence/list-without-input", [(["list"], "")]
    yield "sequence/erase-from-empty-store", [erase(), LIST]
    yield "sequence/store-twice", [store(secret="1"), store(secret="2"), *AFTER]
    yield "sequence/two-users-up", [store(user="amy", secret="1"), store(user="zed", secret="2"), *AFTER, erase(), *AFTER]
    yield "sequence/two-users-down", [store(user="zed", secret="1"), store(user="amy", secret="2"), *AFTER, erase(), *AFTER]
    yield "sequence/erase-and-store-again", [store(), erase(), store(user="bob", secret="2"), *AFTER]
    yield "sequence/sorted-list", [store(server) for server in ("b.example", "a.example", "B.example", "é.example", "a.example:1")] + [LIST]
    yield "sequence/erase-one-of-three", [store("a.example"), store("b.example"), store("c.example"), erase("b.example"), LIST, get("a.example"),
                                          get("c.example")]
    yield "sequence/docker-login-and-logout", [store(HUB, "u", "p"), get(HUB), LIST, get(HUB + "refresh-token"), erase(HUB), LIST]
    yield "sequence/browser-login-and-logout", [
        store(HUB, "u", "p"), store(HUB + "access-token", "u", "at"), store(HUB + "refresh-token", "u", "rt..client"), LIST,
        get(HUB + "refresh-token"), get(HUB + "access-token"), erase(HUB + "access-token"), erase(HUB + "refresh-token"), erase(HUB), LIST]
    yield "sequence/login-by-docker-pull-by-podman", [store(HUB, "u", "p"), get("docker.io")]
    yield "sequence/login-by-podman-pull-by-docker", [store("docker.io", "u", "p"), get(HUB)]
    yield "sequence/logout-tries-four-names", [store("r.example:5000"), erase("r.example:5000"), erase("r.example:5000"),
                                               erase("http://r.example:5000"), erase("https://r.example:5000"), LIST]
    yield "sequence/ports-apart", [store("https://r.example:2376", "a", "1"), store("https://r.example:2375", "b", "2"),
                                   get("https://r.example:2376"), get("https://r.example:2375"), LIST]


def all_cases():
    """Name to steps."""
    cases = {}
    for group in (command_lines, bad_payloads, odd_but_good_payloads, values, requests, sequences):
        for name, steps in group():
            assert name not in cases, name
            cases[name] = steps
    return cases


# Written by one program, then read, listed and erased by the other.
CROSS = {
    "plain": [("r.example", "alice", "wonder")],
    "hub": [(HUB, "alice", "wonder"), (HUB + "access-token", "alice", "at"), (HUB + "refresh-token", "alice", "rt..client")],
    "token": [("r.example", "<token>", "eyJhbGciOi.J9.x")],
    "unicode": [("日本.example", "é", "\U0001f511 ü")],
    "spaces": [("a b", " u ", "  p  ")],
    "html": [("r.example/?a=<b>&c", "<&>", "<&>\u2028")],
    "port": [("r.example:5000", "a", "1"), ("r.example:5001", "b", "2")],
    "line-breaks-inside": [("r.example", "alice", "a\nb\r\nc")],
    "control": [("r.example", "alice", "\x01\x7f")],
    "long-secret": [("r.example", "alice", "x" * 50_000)],
    "long-names": [("s" * 180, "u" * 200, "p")],
    "dots-and-dashes": [("-x", ".u", "-p"), ("..", "-u", "..")],
    "user-with-slash": [("r.example", "tenant/user", "p")],
    "empty-secret": [("r.example", "alice", "")],
    "many": [(f"r{number}.example", f"u{number}", f"p{number}") for number in range(12)],
}
