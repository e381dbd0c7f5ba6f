"""Receives Millrace's webhooks. Python 3.8 or later, nothing else:

WEBHOOK_SECRETS="whsec_…" python3 receive_webhooks.py 8090 inbox
"""

import base64
import hashlib
import hmac
import os
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 5 * 60
MOST_BYTES = 1_000_000


def verify(secrets, webhook_id, timestamp, signatures, body):
    """Whether one of the signatures was made with one of our secrets, of exactly these bytes, lately."""
    if not webhook_id or not signatures or not (timestamp or "").isdecimal():
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret[6:] if secret.startswith("whsec_") else secret)
        expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        for signature in signatures.split(" "):
            # Not ==: the time it takes would tell how much of a guess is right.
            if hmac.compare_digest(expected, signature.encode()):
                return True
    return False


def keep(inbox, webhook_id, body):
    """Keeps a message for whoever does the work, and says whether it is a new one.

    A file that can be made only once stands in for a table with the id as its primary key.
    """
    with tempfile.NamedTemporaryFile(dir=inbox, prefix="new-") as written:
        written.write(body)
        written.flush()
        os.fsync(written.fileno())
        try:
            os.link(written.name, os.path.join(inbox, webhook_id + ".json"))
            return True
        except FileExistsError:
            return False


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 15

    def do_POST(self):
        self.answer(self.receive())

    def receive(self):
        length = int(self.headers.get("content-length") or 0)
        if length > MOST_BYTES:
            self.close_connection = True
            return 413
        # The bytes as they came: parsed and written again they would be others.
        body = self.rfile.read(length)
        webhook_id = self.headers.get("webhook-id")
        timestamp = self.headers.get("webhook-timestamp")
        signatures = self.headers.get("webhook-signature")
        if not verify(SECRETS, webhook_id, timestamp, signatures, body):
            return 400
        print("new" if keep(INBOX, webhook_id, body) else "again", webhook_id, flush=True)
        return 204

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    SECRETS = os.environ["WEBHOOK_SECRETS"].split()
    INBOX = sys.argv[2]
    os.makedirs(INBOX, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print("listening", server.server_address[1], flush=True)
    server.serve_forever()
