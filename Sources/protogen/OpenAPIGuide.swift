/// What the document says about the API as a whole.
enum OpenAPIGuide {
  static let info = JSONText.object([
    ("title", "Portico API"),
    ("version", "v1"),
    ("summary", "Tickets, messages, contracts and invoices of a client portal."),
    ("description", .string(text)),
    ("contact", .object([("name", "The provider of this portal"), ("url", "/developers")])),
    ("license", .object([("name", "For the customers and staff of this portal")])),
  ])

  /// CommonMark. The readable pages of the gateway show it as well.
  static let text = """
    ## Signing in

    Send an API token in `Authorization: Bearer …`. Pages of the portal use the session's cookie instead. A token or \
    session can do what its person can: every operation names the permission that one of the person's roles must grant, \
    and the role decides how far it reaches. What is out of reach looks as if it did not exist.

    What is sensitive (`x-portico-access` of the operation has `stepUp`) asks a session for a password that was given a short \
    while ago: otherwise the answer is 403 with a google.rpc.ErrorInfo of the reason `STEP_UP_REQUIRED` in `details`. Give it \
    on a page of the portal, and ask again. An API token cannot do it.

    ## Requests and answers

    Bodies are JSON in UTF-8 (RFC 8259), written as protobuf writes JSON: 64-bit integers are strings, times are RFC 3339 in \
    UTC, bytes are base64. Unknown members and unknown query parameters are refused. Readers must ignore members that they \
    do not know: later versions add some. Fields marked *read-only* are ignored when they are sent. A reader of requests is \
    generous in the form: names in snake_case, numbers in strings, enum values by number and `null` for what is not set are \
    understood too.

    `Accept` chooses the form of an answer: `application/json`, and for streams `application/x-ndjson` or `text/event-stream`. Each \
    takes parameters, `Accept: application/json;defaults=false;enums=numbers`: `defaults` is `true` or `false` and says whether \
    fields that hold their default are there, `enums` is `names` or `numbers`, `fields` is `json` or `proto` for names in \
    camelCase or snake_case, and `errors` is `problem` or `rpc` for the shape below or that of google.rpc.Status.

    `X-Request-Timeout` says for how many seconds the caller waits, with up to three decimals: `2.5`. It can make the time \
    shorter that an operation has (10 seconds, streams 10 minutes) and no longer; beyond it the answer is 504.

    An address that is no portal answers every request with 404; a target over 8 KiB is answered with 414, a head over 32 KiB \
    with 431, another verb than those of a path with 405.

    ## Errors

    Every error is `application/problem+json` (RFC 9457) with the name of the gRPC status in `code`, the fields that were \
    wrong in `violations`, and `requestId`, which helps the provider to find the cause.

    ## Lists

    `pageSize` is a wish: a page may have fewer entries. Send `nextPageToken` of an answer as `pageToken`, with everything else \
    unchanged, for the next page; it is empty on the last one.

    ## Changing things

    A `PATCH` changes the fields that its body names, or those of `updateMask`. Send back the `etag` that you read, so that \
    nobody's change is lost: if the resource is another by then, the answer is 409. A `requestId` of your own (1 to 512 \
    printable ASCII characters) makes it safe to repeat what creates something: the answer is that of the first time.

    ## Limits

    Requests are limited for each caller; 429 and 503 say in `Retry-After` how many seconds to wait. A body may have 1 MiB of \
    JSON.
    """
}
