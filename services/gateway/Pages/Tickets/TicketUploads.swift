import PorticoAPI
import RPC
import Values

/// Files of ticket and note forms on their way to ticketing. The edge has them in an unnamed temporary file, refused
/// at the limit before the rest arrives; from there they go out in messages of 64 KiB.
enum TicketUploads {
  /// The field of the file input.
  static let field = "files"
  /// The widest that any tenant may allow; the settings of the tenant narrow it.
  static let limits = FormLimits.uploads(each: 25 << 20, count: 10, reportsOverflow: true)
  /// For sending on what has been received.
  static let deadline = Duration.seconds(120)

  /// A file that ticketing has and that waits for its ticket or note.
  struct Sent: Sendable, Hashable {
    /// `uploads/{upload}`
    let name: String
    let fileName: String
  }

  struct Outcome: Sendable {
    var sent: [Sent] = []
    var errors: [String] = []

    var formErrors: UI.FormErrors {
      errors.isEmpty ? .init() : .init(TicketUploads.field, errors.joined(separator: " "))
    }
  }

  /// Sends the form's files. Files that an earlier, refused submission brought are named in the form and kept.
  static func send(_ context: PageContext, maxBytes: Int64) async throws -> Outcome {
    var outcome = Outcome(sent: kept(context.form))
    if context.form.overflow != nil {
      outcome.errors.append("A file is larger than \(UI.fileSize(maxBytes)). Choose a smaller one.")
      return outcome
    }
    for file in context.form.files(field) {
      guard Int64(file.size) <= maxBytes else {
        outcome.errors.append("“\(file.fileName)” is larger than \(UI.fileSize(maxBytes)).")
        continue
      }
      do {
        outcome.sent.append(try await send(file, context))
      } catch {
        guard let refusal = UI.FormErrors(error) else { throw error }
        let reasons = (refusal.general + refusal.byField.values.sorted()).map(\.asClause)
        outcome.errors.append("“\(file.fileName)” \(reasons.joined(separator: ", ")).")
      }
    }
    return outcome
  }

  private static func send(_ file: Upload, _ context: PageContext) async throws -> Sent {
    let upload = try await TicketsClient(context.caller).createUpload { writer in
      try await writer.write(
        .init(fileName: file.fileName, sizeBytes: Int64(file.size), file: .init()))
      try await file.forEachChunk { try await writer.write(.init(file: .init(data: $0))) }
    }
    return Sent(name: upload.name, fileName: file.fileName)
  }

  // MARK: In the form

  private static let keptField = "upload"
  private static let keptNameField = "upload_name"

  private static func kept(_ form: Form) -> [Sent] {
    zip(form.all(keptField), form.all(keptNameField)).prefix(limits.files).map {
      Sent(name: $0, fileName: FileName.clean($1))
    }
  }

  /// What has been sent already, so that nobody has to choose it again after another field was wrong.
  static func keptFields(_ sent: [Sent]) -> HTML {
    guard !sent.isEmpty else { return .empty }
    return """
      <ul class="files" aria-label="Files that are here already">\(sent.html { file in
        """
        <li>\(UI.icon(.attach))\(file.fileName)\(UI.hidden(keptField, file.name))\
        \(UI.hidden(keptNameField, file.fileName))</li>
        """
      })</ul>
      """
  }

  static func limitText(_ maxBytes: Int64) -> String {
    "Photos, PDFs, office files and archives, up to \(limits.files) files of \(UI.fileSize(maxBytes)) each."
  }

  /// What one file may have: the tenant's setting, within what this gateway takes.
  static func maxBytes(_ settings: Ticketing.TicketSettings?) -> Int64 {
    let own = Int64(limits.fileBytes)
    guard let settings, settings.maxFileBytes > 0 else { return own }
    return min(own, settings.maxFileBytes)
  }
}
