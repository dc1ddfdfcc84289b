import PorticoAPI
import RPC

/// The tenant's colour as a stylesheet: `/brand/3854c8`. It depends on the colour alone, so browsers may
/// keep it for ever and a tenant's new colour is a new address.
enum BrandSheet {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/brand/{color}", access: .anyone) { context in
      guard let brand = Brand(hex: "#" + context.path["color"]) else {
        throw Status(.notFound, "there is no such colour")
      }
      var response = Response.bytes(Array(brand.css.utf8), type: "text/css; charset=utf-8")
      response.headers.replaceOrAdd(
        name: "cache-control", value: "public, max-age=31536000, immutable")
      return response
    }
  ]
}

extension UI.House {
  /// The provider as identity describes it.
  init(_ portal: Portal) {
    let settings = portal.settings
    let color = Brand(hex: settings.brandColor)?.color.description.dropFirst()
    self.init(
      displayName: portal.name,
      brandSheet: color.map { "/brand/\($0)" },
      email: settings.contactEmail.isEmpty ? nil : settings.contactEmail,
      phone: settings.contactPhone.isEmpty ? nil : settings.contactPhone,
      links: settings.socialLinks.compactMap { link in
        SafeURL(link.url).map { UI.House.Link(title: link.network, url: $0) }
      })
  }
}
