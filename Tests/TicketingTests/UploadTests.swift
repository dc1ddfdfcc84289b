import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values

@testable import TicketingService

@Suite("Files in and out")
struct UploadTests {
  static let png: [UInt8] = Array(
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    ) ?? Data())
  static let pdf = Array("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n".utf8)

  @Test(
    "S-105 S-133 S-135 S-136 S-137 files go with a ticket and with a note, and come back as they were",
    arguments: TestStore.engines)
  func thereAndBack(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      let photo = try await desk.upload("photo.png", Self.png, as: desk.ada)
      #expect(photo.contentType == "image/png")
      #expect(photo.sizeBytes == Int64(Self.png.count))
      let ticket = try await desk.raise(uploads: [photo.name])
      let attachment = try #require(ticket.attachments.first)
      #expect(attachment.name.hasPrefix(ticket.name + "/attachments/"))
      #expect(attachment.fileName == "photo.png")
      #expect(attachment.authorDisplayName == "Ada")
      #expect(attachment.sha256.count == 64)
      let big = [UInt8](repeating: UInt8(ascii: "a"), count: Desk.largestFile)
      let text = try await desk.upload("log.txt", big, as: desk.ada)
      let note = try await desk.note("See", on: ticket, as: desk.ada, uploads: [text.name])
      let log = try #require(note.attachments.first)
      for person in [desk.ada, desk.mia, desk.tim] {
        #expect(try await desk.read(ticket, as: person).attachments == ticket.attachments)
        let notes = try await desk.tickets(person).listNotes(.init(parent: ticket.name)).notes
        #expect(notes.first?.attachments == note.attachments)
        let back = try await desk.download(attachment, as: person)
        #expect(back.contentType == "image/png")
        #expect(back.said[binary: DownloadMetadata.fileName] == Array("photo.png".utf8))
        #expect(back.bytes == Self.png)
        #expect(try await desk.download(log, as: person).bytes == big)
      }
      for person in [desk.bob, desk.birch, desk.stranger] {
        try await expect(.notFound) { try await desk.download(attachment, as: person) }
      }
    }
  }

  @Test("R-175 a part, the head alone, or nothing for who has it: as the metadata asks")
  func ranges() async throws {
    try await Desk.run { desk in
      let text = try await desk.upload("log.txt", Array("0123456789".utf8), as: desk.ada)
      let ticket = try await desk.raise(uploads: [text.name])
      let file = try #require(ticket.attachments.first)
      let whole = try await desk.download(file, as: desk.ada)
      let etag = try #require(whole.said[DownloadMetadata.etag])
      #expect(etag == "\"\(file.sha256)\"")
      #expect(whole.said[DownloadMetadata.status] == "200")
      #expect(whole.said[DownloadMetadata.length] == "10")
      for (range, bytes, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"), ("bytes=5-99", "56789", "bytes 5-9/10"),
      ] {
        let part = try await desk.download(
          file, as: desk.ada, asking: [DownloadMetadata.range: range])
        #expect(part.bytes == Array(bytes.utf8) && part.contentType == "text/plain")
        #expect(part.said[DownloadMetadata.status] == "206")
        #expect(part.said[DownloadMetadata.contentRange] == said)
      }
      for other: KeyValuePairs in [
        [DownloadMetadata.range: "bytes=1-2", DownloadMetadata.ifRange: "\"other\""],
        [DownloadMetadata.range: "bytes=1-2,4-5"], [DownloadMetadata.range: "bytes=4-1"],
        [DownloadMetadata.range: "lines=1-2"], [DownloadMetadata.ifNoneMatch: "\"other\""],
      ] {
        let whole = try await desk.download(file, as: desk.ada, asking: other)
        #expect(whole.bytes.count == 10 && whole.said[DownloadMetadata.status] == "200")
      }
      for tag in [etag, "W/\(etag)", "\"a\", \(etag)", "*"] {
        let known = try await desk.download(
          file, as: desk.ada, asking: [DownloadMetadata.ifNoneMatch: tag])
        #expect(known.bytes.isEmpty && known.said[DownloadMetadata.status] == "304")
      }
      let head = try await desk.download(
        file, as: desk.ada, asking: [DownloadMetadata.method: "HEAD"])
      #expect(head.bytes.isEmpty && head.said[DownloadMetadata.length] == "10")
      for range in ["bytes=10-", "bytes=-0", "bytes=99999999999999999999-"] {
        let outside = try await status {
          try await desk.download(file, as: desk.ada, asking: [DownloadMetadata.range: range])
        }
        #expect(outside.code == .outOfRange)
        #expect(outside.details.map(\.typeName) == ["google.rpc.ErrorInfo"])
      }
    }
  }

  @Test(
    "X-19 D-57 what the bytes are decides, not the name: nothing that runs is taken",
    arguments: [
      ("page.png", "<!DOCTYPE html><html><script>alert(1)</script></html>"),
      ("page.txt", "<html><body onload=alert(1)>"),
      ("vector.png", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
      ("vector.txt", "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
      ("run.txt", "#!/bin/sh\nrm -rf /\n"), ("page.jpg", "<?php system($_GET['c']); ?>"),
      ("tool.pdf", "\u{7F}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{2}\0>\0\u{1}\0\0\0"),
      ("empty.txt", ""),
    ])
  func refused(name: String, content: String) async throws {
    try await Desk.run { desk in
      let refused = try await status {
        try await desk.upload(name, Array(content.utf8), as: desk.ada)
      }
      #expect(refused.code == .invalidArgument)
      #expect(refused.violations.map(\.field) == ["file"])
      #expect(try await desk.uploads() == 0)
      #expect(try desk.blobs().isEmpty)
    }
  }

  @Test("X-19 a polyglot is kept as what it is and named so; its bytes are never a page")
  func polyglot() async throws {
    try await Desk.run { desk in
      let gif = Array("GIF89a\u{1}\0\u{1}\0\0\0\0;/*<script>alert(1)</script>*/".utf8)
      let upload = try await desk.upload("../x.html", gif, as: desk.ada)
      #expect(upload.contentType == "image/gif")
      #expect(upload.fileName == "x.html.gif")
      let both = try await desk.upload(
        "a.pdf.html", Self.pdf + Array("<html><script>".utf8), as: desk.ada)
      #expect(both.contentType == "application/pdf")
      #expect(both.fileName == "a.pdf.html.pdf")
    }
  }

  @Test("S-105 the size limit holds for what is announced and for what is sent; nothing remains")
  func tooLarge() async throws {
    try await Desk.run { desk in
      let settings = try await desk.settings(desk.ada).getTicketSettings(.init())
      #expect(settings.maxFileBytes == Int64(Desk.largestFile))
      let announced = try await status {
        try await desk.tickets(desk.ada).createUpload { writer in
          try await writer.write(
            .init(fileName: "a.txt", sizeBytes: Int64(Desk.largestFile) + 1))
        }
      }
      #expect(announced.code == .resourceExhausted)
      #expect(announced.violations.map(\.field) == ["file"])
      let sent = try await status {
        try await desk.upload(
          "a.txt", [UInt8](repeating: 97, count: Desk.largestFile + 1), as: desk.ada)
      }
      #expect(sent.code == .resourceExhausted)
      #expect(try await desk.uploads() == 0)
      #expect(try desk.blobs().isEmpty)
    }
  }

  @Test("A stream that is not an upload is refused")
  func malformed() async throws {
    try await Desk.run { desk in
      let tickets = desk.tickets(desk.ada)
      let header = Ticketing.CreateUploadRequest(fileName: "a.txt")
      let chunk = Ticketing.CreateUploadRequest(file: .init(data: [97]))
      let large = Ticketing.CreateUploadRequest(
        file: .init(data: [UInt8](repeating: 97, count: 1_048_577)))
      let negative = Ticketing.CreateUploadRequest(fileName: "a.txt", sizeBytes: -1)
      for messages in [
        [], [chunk], [.init()], [header, header], [header, .init()], [header, large], [negative],
      ] {
        try await expect(.invalidArgument) {
          try await tickets.createUpload { writer in
            for message in messages { try await writer.write(message) }
          }
        }
      }
      #expect(try await desk.uploads() == 0)
      #expect(try desk.blobs().isEmpty)
    }
  }

  @Test("D-51 an upload is its sender's, is used once, and only by a request that succeeds")
  func used() async throws {
    try await Desk.run { desk in
      let upload = try await desk.upload("photo.png", Self.png, as: desk.ada)
      func expectGone(_ body: () async throws -> some Sendable) async throws {
        #expect(try await status { try await body() }.violations.map(\.field) == ["uploads"])
      }
      for person in [desk.bob, desk.mia, desk.stranger] {
        try await expectGone { try await desk.raise(as: person, uploads: [upload.name]) }
      }
      try await expectGone { try await desk.raise(uploads: [upload.name, upload.name]) }
      try await expectGone { try await desk.raise(uploads: [upload.name, "uploads/none"]) }
      try await expectGone { try await desk.raise(uploads: ["none"]) }
      try await expectGone {
        try await desk.raise(uploads: (1...21).map { "uploads/\($0)" })
      }
      // Refused for something else: the file still waits.
      try await expect(.invalidArgument) {
        try await desk.raise(String(repeating: "x", count: 201), uploads: [upload.name])
      }
      try await expect(.invalidArgument) {
        var ticket = Ticketing.Ticket(title: "Refused inside the transaction")
        ticket.hardwareAsset = "accounts/acme/assets/none"
        return try await desk.tickets(desk.ada).createTicket(
          .init(parent: "accounts/acme", ticket: ticket, uploads: [upload.name]))
      }
      let ticket = try await desk.raise(uploads: [upload.name], requestID: "r")
      #expect(try await desk.raise(uploads: [upload.name], requestID: "r") == ticket)
      try await expectGone { try await desk.raise(uploads: [upload.name]) }
      try await expectGone {
        try await desk.note("x", on: ticket, as: desk.ada, uploads: [upload.name])
      }
      #expect(try await desk.uploads() == 0)
    }
  }

  @Test(
    "D-57 a user has so many files waiting and no more; after a day they are dropped with their bytes"
  )
  func waiting() async throws {
    try await Desk.run { desk in
      for index in 0..<Upload.most {
        _ = try await desk.upload("\(index).txt", Array("a line".utf8), as: desk.ada)
      }
      try await expect(.resourceExhausted) {
        try await desk.upload("x.txt", Array("a line".utf8), as: desk.ada)
      }
      let his = try await desk.upload("his.txt", Array("a line".utf8), as: desk.bob)
      #expect(try desk.blobs().count == Upload.most + 1)
      desk.stage.clock.advance(by: .days(1))
      #expect(
        try await status { try await desk.raise(as: desk.bob, uploads: [his.name]) }.violations
          .map(\.field) == ["uploads"])
      let late = try await desk.upload("late.txt", Array("a line".utf8), as: desk.bob)
      try await #require(await desk.host.service).dropStaleUploads()
      #expect(try await desk.uploads() == 1)
      #expect(try desk.blobs().count == 1)
      #expect(try await desk.raise(as: desk.bob, uploads: [late.name]).attachments.count == 1)
    }
  }
}

extension Desk {
  func upload(
    _ name: String, _ bytes: [UInt8], as principal: Principal
  ) async throws -> Ticketing.Upload {
    try await tickets(principal).createUpload { writer in
      try await writer.write(.init(fileName: name))
      var rest = bytes[...]
      while !rest.isEmpty {
        try await writer.write(.init(file: .init(data: Array(rest.prefix(65_536)))))
        rest = rest.dropFirst(65_536)
      }
    }
  }

  /// What the answer said beside the bytes, the type of its first message, and the bytes.
  func download(
    _ attachment: Ticketing.Attachment, as principal: Principal,
    asking metadata: KeyValuePairs<String, String> = [:]
  ) async throws -> (said: Metadata, contentType: String, bytes: [UInt8]) {
    var options = CallOptions()
    for (key, value) in metadata { try options.metadata.set(key, value) }
    return try await tickets(principal).downloadAttachment(
      .init(name: attachment.name), options
    ) { responses in
      var type: String?
      var bytes: [UInt8] = []
      let said = try await responses.initialMetadata()
      for try await response in responses {
        if type == nil { type = response.contentType }
        bytes += response.data
      }
      return (said, type ?? "", bytes)
    }
  }

  /// How many rows wait.
  func uploads() async throws -> Int {
    try await rows { db in
      try db.first(
        "SELECT COUNT(*) AS waiting FROM uploads WHERE tenant = \(db.tenant)", else: .notFound
      )["waiting"]
    }
  }

  /// The files that are kept of northwind, finished or not.
  func blobs() throws -> [String] {
    let root = stage.folder.appendingPathComponent("blobs")
    let files = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: [.isRegularFileKey])
    var names: [String] = []
    while let file = files?.nextObject() as? URL {
      if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
        names.append(file.lastPathComponent)
      }
    }
    return names
  }
}
