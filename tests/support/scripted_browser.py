#!/usr/bin/python3
"""A browser for $BROWSER: opens the address, signs in at the test provider as $TEST_LOGIN, agrees to everything and follows
the redirect to the program that waits for it. What that shows goes to the file $TEST_PAGE. $TEST_BEFORE and $TEST_AFTER are
requests (a path with query, {state} filled in) sent to the waiting program before and after."""
import http.cookiejar
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

context = ssl.create_default_context(cafile=os.environ.get("TEST_CA") or None)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context),
                                     urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))


def fetch(address, **fields):
    try:
        with opener.open(address, urllib.parse.urlencode(fields).encode() if fields else None, timeout=60) as answer:
            return answer.geturl(), answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        return address, problem.code, problem.read().decode()
    except OSError as problem:
        return address, 0, str(problem)


def main():
    address = sys.argv[1]
    query = urllib.parse.parse_qs(urllib.parse.urlparse(address).query)
    redirect, state = query["redirect_uri"][0], query["state"][0]
    root = urllib.parse.urlparse(redirect)._replace(path="", query="").geturl()
    report = open(os.environ["TEST_PAGE"], "a") if "TEST_PAGE" in os.environ else sys.stderr
    print("opened", address, file=report)

    def knock(name):
        for path in os.environ.get(name, "").split():
            _, status, body = fetch(root + path.replace("{state}", state).replace("{path}", urllib.parse.urlparse(redirect).path))
            print(name, path, status, body.replace("\n", " "), file=report)

    knock("TEST_BEFORE")
    if os.environ.get("TEST_LOGIN") != "nobody":
        where, _, _ = fetch(address)
        where, _, page = fetch(where, prompt="login", login=os.environ.get("TEST_LOGIN", "alice"), password="x")
        if re.search(r'name="prompt" value="consent"', page):
            where, status, page = fetch(where, prompt="consent")
        print("page", where.split("?")[0], page, file=report)
    knock("TEST_AFTER")
    report.flush()


main()
