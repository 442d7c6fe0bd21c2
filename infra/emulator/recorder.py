"""Between a function and the emulator: hands everything on, and notes what of AWS the function asked for.

Each function has a recorder of its own, so what it asked for is known without a word of the function's.
"""

import http.client
import http.server
import json
import threading
import urllib.parse

# A transaction is allowed by what it consists of.
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem",
         "Get": "GetItem"}
S3 = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}


def dynamodb(operation, body):
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in body["TransactItems"]:
            for part in item:
                yield f"dynamodb:{PARTS[part]}", "table"
    elif index := body.get("IndexName"):
        yield f"dynamodb:{operation}", f"index/{index}"
    else:
        yield f"dynamodb:{operation}", "table"


def asked(method, headers, body):
    """What IAM would be asked for: actions, each with the kind of thing that it is about."""
    target = headers.get("X-Amz-Target", "")
    service, _, operation = target.partition(".")
    if service.startswith("DynamoDB"):
        return set(dynamodb(operation, json.loads(body)))
    if service == "AmazonSQS":
        return {(f"sqs:{operation}", "queue")}
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace")) if b"Action=" in body else {}
    if "Action" in form:
        return {(f"ses:{form['Action'][0]}", "mail")}
    return {(f"s3:{S3[method]}", "bucket")}


class Recorder:
    def __init__(self, host, port):
        recorder = self
        self.made, self.refused = set(), []
        # What SQS hands on to the function behind the queue, for X-Ray.
        self.queued = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                did = asked(self.command, self.headers, body)
                recorder.made |= did
                if any(action == "sqs:SendMessage" for action, _ in did):
                    recorder.queued.append(self.headers.get("X-Amzn-Trace-Id"))
                onward = http.client.HTTPConnection(host, port, timeout=30)
                headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
                onward.request(self.command, self.path, body, headers)
                answer = onward.getresponse()
                said = answer.read()
                # A condition that does not hold is an answer like another.
                if answer.status >= 400 and b"Conditional" not in said and b"TransactionCanceled" not in said:
                    recorder.refused.append((self.headers.get("X-Amz-Target"), body[:1500], said[:500]))
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in HOP:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
                onward.close()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"
