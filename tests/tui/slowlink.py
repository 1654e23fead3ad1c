"""A slow way to a member, so that a transfer lasts as long as a test looks.

The member listens on another address of the loopback than the tracker tells of
it; at that one the link listens, on the same port. What the member sends passes
in ever smaller portions: each moment a part of what is left. So something is
always on its way, and the whole never is, however fast or slow the machine.
"""
import select
import socket
import threading
import time

SHARE = 0.001  # of what is left, each moment
MOMENT = 0.05  # seconds between two portions
LEAST = 512    # bytes of a portion, for handshakes


class SlowLink:
    HIDDEN = '127.0.0.2'  # where the member really listens

    def __init__(self, size):
        self.left = size
        self.lock = threading.Lock()
        self.listener = self.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self):
        """On a port that the member can have on its own address."""
        while True:
            listener = socket.create_server(('127.0.0.1', 0))
            try:
                socket.create_server((self.HIDDEN,
                                      listener.getsockname()[1])).close()
                return listener
            except OSError:
                listener.close()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(near,),
                             daemon=True).start()

    def portion(self, waiting):
        """How many of the bytes that wait may pass now."""
        with self.lock:
            size = min(waiting, max(LEAST, int(self.left * SHARE)))
            self.left = max(0, self.left - size)
            return size

    def serve(self, near):
        try:
            far = socket.create_connection((self.HIDDEN, self.port))
        except OSError:
            near.close()
            return
        with near, far:
            try:
                self.relay(near, far)
            except OSError:
                pass  # one of them went away: so does the other

    def relay(self, near, far):
        """What the member sends is taken at once, so that its end is seen, but
        passed on slowly; the other direction is not held up."""
        waiting = bytearray()
        due = time.monotonic()
        while True:
            pause = max(0, due - time.monotonic()) if waiting else None
            for ready in select.select([near, far], [], [], pause)[0]:
                data = ready.recv(1 << 16)
                if not data:
                    return
                if ready is near:
                    far.sendall(data)
                else:
                    waiting += data
            now = time.monotonic()
            if waiting and now >= due:
                size = self.portion(len(waiting))
                near.sendall(waiting[:size])
                del waiting[:size]
                due = now + MOMENT
