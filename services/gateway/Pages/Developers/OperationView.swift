/// One operation: who may call it, what it takes, what it answers, how to try it.
struct OperationView {
  let route: APIRoute
  let api: APIDescription
  /// `https://northwind.example.com`
  let origin: String

  private var operation: APIOperation { route.operation }

  var html: HTML {
    """
    <section class="card api-operation" id="\(operation.operationId)" \
    aria-labelledby="\(operation.operationId)-h"><header class="card-head">\
    <h2 id="\(operation.operationId)-h">\(APIText.inline(operation.summary ?? operation.operationId))</h2>\
    \(when: operation.deprecated == true, UI.badge("Deprecated", tone: .warning))</header>
    <div class="card-body stack api-text">
    <p class="api-route">\(DeveloperPages.verb(route)) <code>\(route.path)</code></p>
    \(APIText.paragraphs(operation.description ?? ""))
    \(UI.descriptionList([("Who may call it", access), ("Name", "<code>\(operation.operationId)</code>")]))
    \(parameters)\(body)\(answers)\(errors)
    <h3>Example</h3><pre tabindex="0" aria-label="Example of a call"><code>\(curl)</code></pre>
    </div></section>
    """
  }

  private var access: HTML {
    switch (operation.access.callers, operation.access.permission) {
    case ("anyone", _): "Anyone, without signing in"
    case (_, let permission?): "Whoever has a role with the permission <code>\(permission)</code>"
    default: "Anyone who is signed in"
    }
  }

  private var parameters: HTML {
    let list = operation.parameters ?? []
    guard !list.isEmpty else { return .empty }
    let table = UI.table(
      list, caption: "Parameters",
      columns: [
        UI.Column("Name", .title) { parameter in
          "<code>\(parameter.name)</code>\(when: parameter.required == true, SchemaView.required)"
        },
        UI.Column("In") { "\($0.place)" },
        UI.Column("Type") { SchemaView.type($0.schema) },
        UI.Column("Meaning") { APIText.inline($0.description ?? $0.schema.description ?? "") },
      ])
    return "<h3>Parameters</h3>\(table)"
  }

  private var body: HTML {
    guard let body = operation.requestBody else { return .empty }
    let (type, media) = Self.main(body.content)
    let schema = media?.schema
    let named = schema?.componentName.flatMap { api.components.schemas[$0] } ?? schema
    let fields: HTML =
      named.map { schema in
        schema.fields.isEmpty ? .empty : SchemaView.members(schema, caption: "Request body")
      } ?? .empty
    let whole: HTML =
      schema?.componentName == nil ? .empty : "\(schema.map(SchemaView.type) ?? .empty), "
    return """
      <h3>Request body</h3><p>\(whole)<code>\(type)</code>\
      \(body.description.map { ". \($0)" })</p>\(fields)
      """
  }

  private var answers: HTML {
    let good = operation.responses.filter { $0.key < "400" }.sorted { $0.key < $1.key }
    let rows = good.html { status, response in
      let content = (response.content ?? [:]).sorted { $0.key < $1.key }
      let kinds: HTML = content.map { type, media -> HTML in
        let schema = (media.itemSchema ?? media.schema).map { SchemaView.type($0) }
        let several: HTML = media.itemSchema == nil ? .empty : " after another"
        return "\(schema.map { "\($0)\(several), " as HTML })<code>\(type)</code>"
      }.joined(separator: "; ")
      return """
        <li><strong>\(status)</strong> \(response.description ?? "") \(kinds)</li>
        """
    }
    return "<h3>Answer</h3><ul class=\"api-answers\">\(rows)</ul>"
  }

  private var errors: HTML {
    let bad = operation.responses.filter { $0.key >= "400" }.sorted { $0.key < $1.key }
    let rows = bad.html { status, response in
      let shared = response.reference?.split(separator: "/").last
        .flatMap { api.components.responses[String($0)] }
      let text = response.description ?? shared?.description ?? ""
      return "<li><strong>\(status)</strong> \(APIText.inline(text))</li>"
    }
    let statuses = bad.map(\.key).joined(separator: ", ")
    return """
      <details><summary>Errors: \(statuses)</summary><p>\
      <a href="/developers/Problem">Problem</a>, <code>application/problem+json</code></p>\
      <ul class="api-answers">\(rows)</ul></details>
      """
  }

  /// A call to copy into a shell.
  var curl: String {
    var path = route.path
    for parameter in operation.parameters ?? [] where parameter.place == "path" {
      path = path.replacing("{\(parameter.name)}", with: parameter.example?.plain ?? parameter.name)
    }
    let needed = (operation.parameters ?? []).filter { $0.place == "query" && $0.required == true }
    let query = needed.map { "\($0.name)=\($0.example?.plain ?? "…")" }.joined(separator: "&")
    var lines = [
      (route.verb == "GET" ? "curl" : "curl -X \(route.verb)")
        + " '\(origin)\(path)\(query.isEmpty ? "" : "?" + query)'"
    ]
    if operation.access.callers != "anyone" { lines.append("-H \"Authorization: Bearer $TOKEN\"") }
    if let body = operation.requestBody {
      let (type, media) = Self.main(body.content)
      lines.append("-H 'Content-Type: \(type)'")
      lines.append(
        media?.example.map { "-d '\($0.text(indent: "").replacing("'", with: "'\\''"))'" }
          ?? "--data-binary @file")
    }
    return lines.joined(separator: " \\\n  ")
  }

  /// JSON where there is a choice.
  private static func main(_ content: [String: APIMedia]) -> (String, APIMedia?) {
    let type =
      content["application/json"] == nil
      ? content.keys.filter { $0 != "*/*" }.min() ?? "*/*" : "application/json"
    return (type, content[type])
  }
}
