/** `node forwarder.mjs PORT SOCKET`: carries connections to a port of this network's loopback on to a socket file. */
import { connect, createServer } from "node:net";

const [port, socket] = process.argv.slice(2);

createServer((near) => {
  const far = connect(socket);
  near.pipe(far).pipe(near);
  for (const end of [near, far]) {
    end.on("error", () => {
      near.destroy();
      far.destroy();
    });
  }
}).listen(Number(port), "127.0.0.1");
