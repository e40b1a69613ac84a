"""A container under SageMaker's contract that does what each request's JSON body says.

`{"size": n}` answers n bytes, `{"status": n}` answers that status, `{"sleep": s}` takes its time first, `{"meet": 1}`
waits for another that does, `{"die": true}` ends the process; anything else is echoed. From the model's environment:
`SILENT` never answers a good ping, `EXIT` ends at once, `AT_SIGTERM` says what becomes of what is under way then:
`finish` answers it 200, `hand back` 503, `ignore` goes on as if nothing had happened.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TAKEN = "a request is under way"
"""Printed for each request."""

stopping = threading.Event()
meeting = threading.Barrier(2, timeout=15)
counting = threading.Lock()
under_way = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(503 if "SILENT" in os.environ else 200, b"")

    def do_POST(self) -> None:
        global under_way
        body = self.rfile.read(int(self.headers["content-length"]))
        with counting:
            under_way += 1
        print(TAKEN, flush=True)
        status, answer = self.carry_out(json.loads(body))
        with counting:
            under_way -= 1
        self.answer(status, answer)

    def carry_out(self, order: dict[str, int]) -> tuple[int, bytes]:
        if "die" in order:
            os._exit(3)
        if "meet" in order:
            meeting.wait()
        if stopping.wait(order.get("sleep", 0)) and os.environ["AT_SIGTERM"] == "hand back":
            return 503, b"stopping"
        if "size" in order:
            return 200, b"x" * order["size"]
        if "status" in order:
            return order["status"], b"as you wish"
        return 200, json.dumps({"order": order, "under way": under_way, "type": self.headers["content-type"]}).encode()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    if "EXIT" in os.environ:
        raise SystemExit(3)
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler)

    def stop(*_: object) -> None:
        stopping.set()
        threading.Thread(target=server.shutdown).start()

    if "AT_SIGTERM" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN if os.environ["AT_SIGTERM"] == "ignore" else stop)
        server.daemon_threads = False
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
