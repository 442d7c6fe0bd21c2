"""Requests as API Gateway's HTTP API hands them to the function behind a route, payload format 2.0."""

import base64
import json
import re
import urllib.parse

BASE = "https://twin.example.com"


def pattern(path):
    return re.compile("^" + re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(path)) + "$")


def routes(template):
    """(method, pattern, route key, function) of each route of the transformed template."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGatewayV2::Route":
            key, target = resource["Properties"]["RouteKey"], json.dumps(resource["Properties"]["Target"])
            if key == "$default":
                continue
            method, path = key.split(" ")
            yield method, pattern(path), key, re.search(r"(\w+)Integration", target)[1]


class Api:
    def __init__(self, functions, resources, template):
        self.functions, self.resources = functions, resources
        self.routes = list(routes(template))
        self.token, self.cookies = None, {}

    def ask(self, method, path, body=None, form=None, headers=None, owner=False):
        """Status, and the body: as JSON where it is."""
        path, _, query = path.partition("?")
        found = [(key, function) for verb, route, key, function in self.routes
                 if verb == method and route.match(path)]
        assert found, f"no route {method} {path}"
        # The route with the fewest parameters, as API Gateway chooses.
        key, function = min(found, key=lambda route: route[0].count("{"))
        sent = {"host": "twin.example.com", "user-agent": "scenario", **(headers or {})}
        data = b""
        if form is not None:
            data, sent["content-type"] = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif isinstance(body, (bytes, str)):
            data = body if isinstance(body, bytes) else body.encode()
        elif body is not None:
            data, sent["content-type"] = json.dumps(body).encode(), "application/json"
        if owner:
            sent["authorization"] = f"Bearer {self.token}"
        event = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": sent,
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "api",
                "domainName": "twin.example.com",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
                "requestId": "a-request",
                "routeKey": key,
                "stage": "$default",
                "timeEpoch": 0,
            },
            "body": base64.b64encode(data).decode(),
            "isBase64Encoded": True,
        }
        answer = self.invoke(function, event)
        for cookie in answer.get("cookies") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        text = answer.get("body") or ""
        text = base64.b64decode(text).decode() if answer.get("isBase64Encoded") else text
        try:
            return answer["statusCode"], json.loads(text)
        except ValueError:
            return answer["statusCode"], text

    def invoke(self, function, event):
        answer = self.functions.invoke(FunctionName=self.resources[function], Payload=json.dumps(event))
        said = json.loads(answer["Payload"].read() or "null")
        assert "FunctionError" not in answer, said
        return said
