"""The host's way to a mirror: reads ranges of one file over HTTPS.

Goes before receiver.py, whose parts it uses, where the user has allowed a mirror. Standard library
only, Python 3.8 or newer. What comes from here is no more than a claim: the receiver compares it with
the stick's hash before it writes a byte of it.
"""
import http.client
import queue
import re
import socket
import ssl
import time
import urllib.parse

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
# What a signed address answers when its hour is over. The address that was given leads to a new one.
EXPIRED = (401, 403, 404, 410)
# Of what has come already, taken at once.
MIRROR_PIECE = 1 << 18
# A range may take as long as so many silences, however it drips.
SILENCES = 3


class MirrorFault(Exception):
    """Why a range did not come, in words that hold of an address its host only: the rest may be signed."""


class Stale(MirrorFault):
    """The connection or the signed address may have been too old: worth one more attempt from the start."""


class Fetchers:
    """Threads that fetch what is asked for, each over a connection and into files of its own."""

    def __init__(self, open_upload, say):
        self.open_upload = open_upload
        self.say = say
        self.requests = queue.SimpleQueue()
        self.address = None

    def ask(self, request):
        """The answer follows when the chunk has come, with its number. Address and number of threads are those of the first request."""
        if self.address is None:
            self.address = Address(request["url"])
            for _ in range(request["fetchers"]):
                in_background(self.serve, Mirror(self.address, request["timeoutSeconds"]))
        self.requests.put(request)

    def serve(self, mirror):
        upload = guarded(self.open_upload)
        while True:
            idle_since = time.monotonic()
            request = self.requests.get()
            began = time.monotonic()
            # Where its files could not be opened, that is the answer.
            reply = upload if isinstance(upload, dict) else guarded(upload.fetch, mirror, request["index"], request["offset"], request["length"], request["sha256"])
            self.say(dict(reply, fetched=request["index"], idleSeconds=began - idle_since, seconds=time.monotonic() - began))


class Address:
    """Of a file: where it was said to be, and where that leads to until it has expired."""

    def __init__(self, url):
        self.url = url
        self.place = None


class Mirror:
    """Reads ranges over one connection that is kept."""

    def __init__(self, address, timeout):
        """`timeout`: seconds of silence after which a read is given up."""
        self.address = address
        self.timeout = timeout
        self.host = ""
        self.connection = None
        self.connected_to = None
        self.socket = None
        self.certificates = None
        self.deadline = 0

    def read(self, view, offset, file_bytes):
        """Fills the view with what stands at `offset` of a file of `file_bytes`. Raises MirrorFault."""
        self.deadline = time.monotonic() + SILENCES * self.timeout
        place = self.address.place
        if place is not None:
            try:
                return self.attempt(place, view, offset, file_bytes)
            except Stale:
                pass
        self.address.place = self.attempt(self.address.url, view, offset, file_bytes)

    def attempt(self, place, view, offset, file_bytes):
        """Where the redirects ended."""
        try:
            place, response = self.ask(place, offset, len(view))
            self.take(response, view, offset, file_bytes)
            return place
        except MirrorFault:
            self.disconnect()
            raise
        except socket.timeout:
            self.disconnect()
            raise MirrorFault("%s did not answer in time" % self.host)
        except ssl.SSLCertVerificationError as error:
            self.disconnect()
            raise MirrorFault("%s could not prove who it is (%s)" % (self.host, error.verify_message))
        # Some of these quote the address in their own words, so only their kind is told.
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.disconnect()
            raise Stale("%s cannot be read (%s)" % (self.host, getattr(error, "strerror", None) or type(error).__name__))

    def ask(self, place, offset, length):
        """Whoever has the range, and the answer."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self.send(place, "bytes=%d-%d" % (offset, offset + length - 1))
            if response.status not in REDIRECTS:
                return place, response
            before, place = place, urllib.parse.urljoin(place, response.getheader("Location", ""))
            # Its body is not read.
            self.disconnect()
            if before.startswith("https:") and not place.startswith("https:"):
                raise MirrorFault("%s leads to an address without HTTPS" % self.host)
        raise MirrorFault("%s leads from one address to the next without an end" % self.host)

    def send(self, place, span):
        address = urllib.parse.urlsplit(place)
        self.host = address.hostname or "the mirror"
        if address.scheme != "https" and not (address.scheme == "http" and is_loopback(self.host)):
            raise MirrorFault("%s is asked over HTTPS only" % self.host)
        self.connect(address.scheme, self.host, address.port)
        target = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
        self.connection.request("GET", target, headers={"Range": span, "User-Agent": "ai-mentor"})
        # The answer may take it from the connection.
        self.socket = self.connection.sock
        self.socket.settimeout(self.patience())
        return self.connection.getresponse()

    def connect(self, scheme, host, port):
        where = (scheme, host, port)
        if self.connected_to == where:
            if self.connection.sock is not None:
                self.connection.sock.settimeout(self.patience())
            return
        self.disconnect()
        if scheme == "https":
            self.certificates = self.certificates or ssl.create_default_context()
            self.connection = http.client.HTTPSConnection(host, port or 443, timeout=self.patience(), context=self.certificates)
        else:
            self.connection = http.client.HTTPConnection(host, port or 80, timeout=self.patience())
        self.connected_to = where

    def disconnect(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = self.connected_to = self.socket = None

    def take(self, response, view, offset, file_bytes):
        """Reads the range, if it is the one that was asked for, and not a byte more."""
        if response.status in EXPIRED:
            raise Stale("%s answered %d" % (self.host, response.status))
        if response.status == 200:
            raise MirrorFault("%s sends whole files only" % self.host)
        if response.status != 206:
            raise MirrorFault("%s answered %d" % (self.host, response.status))
        span = re.match(r"\s*bytes (\d+)-(\d+)/(\d+|\*)\s*$", response.getheader("Content-Range", ""))
        if span is None or (span[1], span[2]) != (str(offset), str(offset + len(view) - 1)):
            raise MirrorFault("%s sent another part of the file than it was asked for" % self.host)
        if span[3] not in ("*", str(file_bytes)):
            raise MirrorFault("the file at %s has another size" % self.host)
        done = 0
        while done < len(view):
            self.socket.settimeout(self.patience())
            piece = response.read1(min(MIRROR_PIECE, len(view) - done))
            if not piece:
                raise Stale("%s broke off" % self.host)
            view[done : done + len(piece)] = piece
            done += len(piece)
        ended = response.getheader("Content-Length") == str(len(view))
        response.close()
        if not ended:
            # What follows on the connection would be taken for the next answer.
            self.disconnect()

    def patience(self):
        """Seconds that may pass until something comes."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout()
        return min(self.timeout, left)


def is_loopback(host):
    if host in ("localhost", "::1"):
        return True
    try:
        return socket.inet_pton(socket.AF_INET, host)[0] == 127
    except OSError:
        return False


