import Foundation

/// The names that protoc-gen-c 1.4.1 gives, as Swift imports them.
enum CNames {
  private static let keywords: Set<String> = [
    "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "class", "compl", "const", "const_cast", "continue", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "extern", "false", "float", "for", "friend", "goto",
    "if", "inline", "int", "long", "mutable", "namespace", "new", "not", "not_eq", "operator", "or",
    "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "return", "short",
    "signed", "sizeof", "static", "static_cast", "struct", "switch", "template", "this", "throw",
    "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void",
    "volatile", "wchar_t", "while", "xor", "xor_eq",
  ]

  /// The member for a field, without the escape that Swift may need.
  private static func plainMember(_ field: String) -> String {
    let lower = field.lowercased()
    return keywords.contains(lower) ? lower + "_" : lower
  }

  static func member(_ field: String) -> String {
    let name = plainMember(field)
    return ["self", "init"].contains(name) ? "`\(name)`" : name
  }

  static func count(_ field: String) -> String { "n_" + plainMember(field) }

  static func selector(ofOneof oneof: String) -> String { oneof + "_case" }

  /// `portico.testing.v1.Node` → `Portico__Testing__V1__Node`.
  static func structure(_ fullName: String) -> String {
    fullName.split(separator: ".").map { SwiftNames.upperCamel(String($0)) }.joined(separator: "__")
  }

  /// `portico.testing.v1.SubNode` → `portico__testing__v1__sub_node`.
  static func lower(_ fullName: String) -> String {
    fullName.split(separator: ".").map { piece in
      var result = ""
      var wasUpper = true
      for character in piece {
        if character.isUppercase && !wasUpper { result += "_" }
        result += character.lowercased()
        wasUpper = character.isUppercase
      }
      return result
    }.joined(separator: "__")
  }

  /// The function of CPorticoProto's own header that gives a descriptor's address.
  static func address(_ fullName: String) -> String { lower(fullName) + "__address" }
}
