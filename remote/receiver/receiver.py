"""The host's end of an upload: writes chunks where they belong and says what landed.

Started once an upload, its source as the first bytes of its input, so nothing is installed.
Standard library only, Python 3.8 or newer. Its first line is standard input and output; further ones
come over a socket that it names when it is asked to open, each to a process forked for it, so that
what an account's start-up files and Python cost is paid once. Requests on a line: four bytes of
length, a JSON header, and for a chunk its bytes. Replies: one JSON object a line, in order. Twice a
second {"beat": ..., "received": ...} says what the line is busy with, and how many bytes of chunks
have come over it so far.

Beside the file FINAL it keeps FINAL.part (until every chunk is proven) and FINAL.journal, to which
every proven chunk is appended: {"i": index, "h": sha256}. After the rename follows {"done": ...} with
the file's times, by which a later upload knows that nobody has touched it since.

Where the user has allowed a mirror, mirror.py stands before this source, and chunks can be fetched from
there too. Those are written only once their hash is known to be the stick's, and answered with their
number when they have come, between the other replies.

FINAL.upload names the upload that may write. Whoever begins puts its own name there; receivers of an
earlier one, perhaps of a laptop that is long gone, then write nothing any more.
"""
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

PIECE = 1 << 20
BEAT_SECONDS = 0.5
DOOR_SECONDS = 0.2
# What lies in the host's memory only is brought to its disk this often, so that the end is no wait.
FLUSH_SECONDS = 0.25
SYNC_FILE_RANGE_WRITE = 2
OWNER_BYTES = 64
# Linux' F_SETPIPE_SZ: sshd and receiver change places once a megabyte, not once in 64 KiB.
SET_PIPE_SIZE, PIPE_BYTES = 1031, 1 << 20
# The desktop is gone for good; a sleeping laptop makes a new connection anyway.
SILENCE_SECONDS = 600


def load_sha256():
    """OpenSSL takes 20 ms to load: better while the first answer is on its way than before it."""
    global sha256_of
    from hashlib import sha256 as sha256_of


class Line:
    """One connection: two descriptors, and what it is busy with."""

    def __init__(self, source, sink):
        self.source = source
        self.sink = sink
        self.busy = "idle"
        self.received = 0
        self.saying = threading.Lock()

    def say(self, message):
        view = memoryview((json.dumps(message) + "\n").encode())
        with self.saying:
            while len(view):
                view = view[os.write(self.sink, view):]

    def read_into(self, view):
        """Fills the view; False at the line's end."""
        filled = 0
        while filled < len(view):
            if not select.select([self.source], [], [], SILENCE_SECONDS)[0]:
                return False
            count = os.readv(self.source, [view[filled:]])
            if count == 0:
                return False
            filled += count
        return True

    def read_header(self):
        self.busy = "idle"
        size = bytearray(4)
        if not self.read_into(memoryview(size)):
            return None
        header = bytearray(struct.unpack(">I", size)[0])
        if not self.read_into(memoryview(header)):
            return None
        return json.loads(bytes(header).decode("utf-8"))


def beat(line):
    while True:
        time.sleep(BEAT_SECONDS)
        try:
            line.say({"beat": line.busy, "received": line.received})
        except OSError:
            return  # whoever reads from it knows


class Door:
    """A socket that only this user can reach, for the upload's other connections."""

    def __init__(self):
        self.folder = os.path.join(os.environ.get("TMPDIR") or "/tmp", "ai-mentor-" + os.urandom(8).hex())
        self.path = os.path.join(self.folder, "lines")
        self.listener = socket.socket(socket.AF_UNIX)
        try:
            os.mkdir(self.folder, 0o700)
            self.listener.bind(self.path)
            self.listener.listen(64)
        except OSError:
            self.close()
            self.path = None  # each connection needs a receiver of its own

    def knock(self):
        """The next connection's descriptor; None when nobody has knocked for a moment."""
        if self.path is None:
            time.sleep(DOOR_SECONDS)
        elif select.select([self.listener], [], [], DOOR_SECONDS)[0]:
            return self.listener.accept()[0].detach()
        return None

    def close(self):
        for remove, path in ((os.unlink, self.path), (os.rmdir, self.folder)):
            try:
                remove(path)
            except OSError:
                pass


def flush(descriptor):
    """Has the disk begin with what lies in memory. A sync would do it too, but hold up all who write."""
    try:
        import ctypes

        begin = ctypes.CDLL(None).sync_file_range
    except (ImportError, OSError, AttributeError):
        return  # no Linux: the system writes when it likes
    while True:
        time.sleep(FLUSH_SECONDS)
        begin(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), SYNC_FILE_RANGE_WRITE)


def in_background(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def sync_folder(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems cannot, and lose nothing by it
    finally:
        os.close(descriptor)


def lock(descriptor, kind):
    try:
        fcntl.flock(descriptor, kind)
    except OSError:
        pass  # some network file systems know no locks: there nothing keeps two uploads apart


class Superseded(Exception):
    """Another upload writes to this place now."""


class Upload:
    def __init__(self, line, request):
        self.line = line
        self.opening = request
        self.name = request["upload"]
        self.final = request["final"]
        self.bytes = request["bytes"]
        self.chunk_bytes = request["chunkBytes"]
        self.part = self.final + ".part"
        self.journal_path = self.final + ".journal"
        self.folder = os.path.dirname(os.path.abspath(self.final))
        self.owner_path = self.final + ".upload"
        self.buffer = memoryview(bytearray(PIECE))
        self.part_descriptor = None
        self.owner = None
        self.fetchers = None
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.journal = os.open(self.journal_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, record):
        os.write(self.journal, (json.dumps(record) + "\n").encode())

    def note_size(self):
        """What the records that follow are about."""
        self.note({"bytes": self.bytes, "chunkBytes": self.chunk_bytes})

    def open_part(self):
        if self.part_descriptor is None:
            self.owner = os.open(self.owner_path, os.O_RDWR | os.O_CREAT, 0o600)
            self.part_descriptor = os.open(self.part, os.O_RDWR | os.O_CREAT, 0o644)
        return self.part_descriptor

    def survey(self, needed_bytes):
        chunks, done = self.read_journal()
        final = status(self.final)
        proven = None
        if final and done and done["mtimeNs"] == final.st_mtime_ns and done["ctimeNs"] == final.st_ctime_ns and done["bytes"] == final.st_size:
            proven = {"root": done["root"], "sha256": done["sha256"]}
        part = status(self.part)
        volume = os.statvfs(self.folder)
        free = volume.f_bavail * volume.f_frsize
        clear = final is None and free >= needed_bytes
        if clear:
            self.begin()
        return {
            "finalBytes": final.st_size if final else None,
            "proven": proven,
            "chunks": chunks if part or proven else {},
            "freeBytes": free,
            "partBytes": part.st_blocks * 512 if part else 0,
            "begun": clear,
        }

    def read_journal(self):
        """Chunk hashes by index, and the last `done`; records of another chunk size do not count."""
        chunks, done, fits = {}, None, True
        with open(self.journal_path, "rb") as journal:
            for line in journal:
                try:
                    record = json.loads(line.decode())
                    if "bytes" in record:
                        fits = (record["bytes"], record["chunkBytes"]) == (self.bytes, self.chunk_bytes)
                        if not fits:
                            chunks, done = {}, None
                    elif not fits:
                        continue
                    elif "done" in record:
                        done = record["done"]
                    elif "i" in record:
                        chunks[record["i"]] = record["h"]
                except (ValueError, KeyError, TypeError):
                    continue  # torn by a crash
        return chunks, done

    def begin(self):
        descriptor = self.open_part()
        self.set_owner(self.name)
        self.note_size()
        in_background(flush, descriptor)
        return {}

    def set_owner(self, name):
        """Waits until no receiver is in the middle of a write; after that only `name` writes."""
        lock(self.owner, fcntl.LOCK_EX)
        os.pwrite(self.owner, name.encode().ljust(OWNER_BYTES), 0)
        lock(self.owner, fcntl.LOCK_UN)

    def write(self, view, position):
        """Writes unless another upload has begun; nobody can begin meanwhile."""
        lock(self.owner, fcntl.LOCK_SH)
        try:
            self.require_owner()
            done = 0
            while done < len(view):
                done += os.pwrite(self.part_descriptor, view[done:], position + done)
        finally:
            lock(self.owner, fcntl.LOCK_UN)

    def require_owner(self):
        if os.pread(self.owner, OWNER_BYTES, 0).decode().strip() != self.name:
            raise Superseded()

    def chunk(self, index, offset, length):
        self.open_part()
        digest = sha256_of()
        done = 0
        failure = None
        while done < length:
            self.line.busy = "receiving"
            piece = self.buffer[: min(PIECE, length - done)]
            if not self.line.read_into(piece):
                raise BrokenPipeError()
            self.line.received += len(piece)
            digest.update(piece)
            self.line.busy = "writing"
            # After a failure the chunk is still read to its end, so that the next header is found.
            if failure is None:
                try:
                    self.write(piece, offset + done)
                except (OSError, Superseded) as error:
                    failure = error
            done += len(piece)
        if failure is not None:
            raise failure
        self.note({"i": index, "h": digest.hexdigest()})
        return {"sha256": digest.hexdigest()}

    def ask_mirror(self, request):
        """The answer follows when the chunk has come."""
        if self.fetchers is None:
            self.fetchers = Fetchers(self.another, self.line.say)
        self.fetchers.ask(request)

    def another(self):
        """For a thread of its own. Its files are opened now: when the chunk has come, they may be gone."""
        upload = Upload(self.line, self.opening)
        upload.open_part()
        return upload

    def fetch(self, mirror, index, offset, length, sha256):
        """A chunk from a mirror: nothing is written unless all of it has come and has the stick's hash."""
        chunk = memoryview(bytearray(length))
        try:
            mirror.read(chunk, offset, self.bytes)
        except MirrorFault as fault:
            return {"error": "EMIRROR", "message": str(fault)}
        digest = sha256_of(chunk).hexdigest()
        if digest == sha256:
            self.write(chunk, offset)
            self.note({"i": index, "h": digest})
        return {"sha256": digest}

    def claim(self, index):
        return {"sha256": self.read_journal()[0].get(index)}

    def check(self, which, offset, length):
        self.line.busy = "checking"
        digest = sha256_of()
        try:
            descriptor = os.open(self.final if which == "final" else self.part, os.O_RDONLY)
        except FileNotFoundError:
            return {"sha256": None}
        try:
            done = 0
            while done < length:
                count = os.preadv(descriptor, [self.buffer[: min(PIECE, length - done)]], offset + done)
                if count == 0:
                    return {"sha256": None}
                digest.update(self.buffer[:count])
                done += count
        finally:
            os.close(descriptor)
        return {"sha256": digest.hexdigest()}

    def finish(self, root, sha256, aside, placed):
        """Renames the proven part, or only notes that FINAL was proven where it stands (`placed`)."""
        self.line.busy = "writing"
        kept = None
        if not placed and not (status(self.part) is None and status(self.final) is not None):
            descriptor = self.open_part()
            self.require_owner()
            # A chunk that was sent twice may still arrive on another connection: not any more.
            self.set_owner("")
            os.ftruncate(descriptor, self.bytes)
            os.fsync(descriptor)
            if os.path.lexists(self.final):
                kept = free_name(self.final, aside)
                os.rename(self.final, kept)
            os.rename(self.part, self.final)
            os.unlink(self.owner_path)
            sync_folder(self.folder)
        final = os.stat(self.final)
        if placed:
            self.note_size()
        self.note({"done": {"root": root, "sha256": sha256, "bytes": final.st_size, "mtimeNs": final.st_mtime_ns, "ctimeNs": final.st_ctime_ns}})
        os.fsync(self.journal)
        return {"keptAside": kept}


def status(path):
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def free_name(path, aside):
    number = 1
    while True:
        name = "%s.%s%s" % (path, aside, "" if number == 1 else "-%d" % number)
        if not os.path.lexists(name):
            return name
        number += 1


def answer(upload, request):
    """The reply; None where it follows later."""
    operation = request["op"]
    if operation == "chunk":
        return upload.chunk(request["index"], request["offset"], request["length"])
    if operation == "fetch":
        return upload.ask_mirror(request)
    if operation == "claim":
        return upload.claim(request["index"])
    if operation == "check":
        return upload.check(request["which"], request["offset"], request["length"])
    if operation == "survey":
        return upload.survey(request["neededBytes"])
    if operation == "begin":
        return upload.begin()
    if operation == "finish":
        return upload.finish(request["root"], request["sha256"], request["aside"], request["placed"])
    raise ValueError("unknown operation %s" % operation)


def guarded(work, *arguments):
    """What `work` answers, or what went wrong with the host's disk."""
    try:
        return work(*arguments)
    except Superseded:
        return {"error": "ESUPERSEDED"}
    except BrokenPipeError:
        raise  # the line, not the disk
    except OSError as error:
        return {"error": errno.errorcode.get(error.errno, str(error.errno)), "message": "%s: %s" % (error.strerror, error.filename or "")}


def serve(line, door):
    """Answers what comes over a line until it ends."""
    in_background(beat, line)
    upload = None
    while True:
        request = line.read_header()
        if request is None:
            return
        reply = guarded(Upload, line, request) if upload is None else guarded(answer, upload, request)
        if isinstance(reply, Upload):
            upload, reply = reply, {"socket": door.path}
        if reply is not None:
            line.say(reply)
        load_sha256()


def serve_apart(source, sink, door):
    """Forks a process for one line; returns its id."""
    child = os.fork()
    if child != 0:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        door.listener.close()
        serve(Line(source, sink), door)
    except OSError:
        pass  # the line broke
    finally:
        os._exit(0)


def main():
    try:
        fcntl.fcntl(0, SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        pass  # no pipe, or no Linux
    # Whoever ends it ends the socket too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    door = Door()
    try:
        children = {serve_apart(0, 1, door)}
        load_sha256()  # for those that are forked from now on
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(nothing, descriptor)
        while children:
            connection = door.knock()
            if connection is not None:
                children.add(serve_apart(connection, connection, door))
                os.close(connection)
            children = {child for child in children if os.waitpid(child, os.WNOHANG)[0] == 0}
    finally:
        door.close()


main()
