import Testing

@Suite struct KitTests {
  @Test("the Huffman code is complete and decodes RFC 7541 C.4.1")
  func huffman() throws {
    #expect(Huffman.lengths.count == 257)
    let kraft = Huffman.lengths.reduce(0) { $0 + (UInt64(1) << UInt64(30 - $1)) }
    #expect(kraft == 1 << 30)
    let coded: [UInt8] = [
      0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff,
    ]
    #expect(try Huffman.decode(coded[...]) == Array("www.example.com".utf8))
    #expect(throws: WireError.self) { try Huffman.decode([0xff, 0xff, 0xff, 0xff]) }
  }

  @Test("a header block with both tables decodes: RFC 7541 C.3")
  func block() throws {
    var decoder = RawFieldDecoder()
    let first: [UInt8] =
      [0x82, 0x86, 0x84, 0x41, 0x0f] + Array("www.example.com".utf8)
    let fields: RawFields = [
      ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "www.example.com",
    ]
    #expect(try decoder.decode(first) == fields)
    let second: [UInt8] = [0x82, 0x86, 0x84, 0xbe, 0x58, 0x08] + Array("no-cache".utf8)
    #expect(try decoder.decode(second) == fields + ["cache-control": "no-cache"])
  }

  @Test("numbers of HPACK: RFC 7541 C.1")
  func numbers() {
    #expect(RawField.number(10, prefix: 5, first: 0) == [0x0a])
    #expect(RawField.number(1337, prefix: 5, first: 0) == [0x1f, 0x9a, 0x0a])
  }
}
