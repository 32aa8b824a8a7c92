"""Servers in threads that are gone, with all they held, when a test ends."""

import contextlib
import socket
import socketserver
import threading


class HangsUp(socketserver.ThreadingMixIn):
    """Keeps its connections and their threads: clients hold connections open beyond a test."""

    def server_activate(self):
        super().server_activate()
        self.answering = {}

    def process_request(self, request, client_address):
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self.answering[thread] = request
        thread.start()

    def hang_up(self, *, seconds):
        """Hear no more requests, and wait so long for the answers that are still on their way."""
        for request in self.answering.values():
            with contextlib.suppress(OSError):  # it has ended already
                request.shutdown(socket.SHUT_RD)
        for thread in self.answering:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self.answering)
