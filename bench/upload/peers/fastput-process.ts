import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Client } from "ssh2";
import type { Job } from "../tool.ts";
import { CIPHER } from "./ssh-words.ts";

const { link, file, folder } = JSON.parse(process.argv[2]!) as Job;
const client = new Client();
client.on("ready", () => {
  client.sftp((failure, sftp) => {
    if (failure) throw failure;
    sftp.fastPut(file, `${folder}/${basename(file)}`, (error) => {
      if (error) throw error;
      client.end();
    });
  });
});
client.connect({
  host: link.host,
  port: link.port,
  username: link.user,
  privateKey: readFileSync(link.privateKey),
  algorithms: { cipher: [CIPHER] },
});
