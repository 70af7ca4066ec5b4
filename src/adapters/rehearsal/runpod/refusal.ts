const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** A problem of RFC 9457, as the API puts it. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: string[] | undefined;

  constructor(status: number, detail: string, errors?: string[]) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }

  get body(): { title: string; status: number; detail: string; errors?: string[] } {
    return { title: TITLES[this.status] ?? "Error", status: this.status, detail: this.message, ...(this.errors === undefined ? {} : { errors: this.errors }) };
  }
}
