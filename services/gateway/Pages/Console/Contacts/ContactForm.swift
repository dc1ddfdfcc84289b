import PorticoAPI
import RPC
import WellKnown

/// The fields of a person, on the Details tab and for a new contact.
struct ContactForm {
  let contact: Identity.Contact
  /// Nil when they could not be asked for: the form then leaves the site alone.
  let sites: [Identity.Site]?
  let state: FormState
  let context: PageContext

  static let fields = [
    "first_name", "last_name", "email", "phone", "mobile", "job_title", "site",
  ]

  static func message(_ form: Form) -> Identity.Contact {
    .init(
      firstName: form.plain("contact.first_name"), lastName: form.plain("contact.last_name"),
      email: form.plain("contact.email"), phone: form.plain("contact.phone"),
      mobile: form.plain("contact.mobile"), jobTitle: form.plain("contact.job_title"),
      site: form.plain("contact.site"))
  }

  var edit: HTML {
    guard context.may(.contactsWrite) else { return UI.card("Details", body: facts) }
    return UI.form(
      action: "/\(contact.name)", csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary(controls.map(\.field), reload: "/\(contact.name)"))\
        \(UI.hidden("etag", contact.etag))\(controls.html(\.html))\
        <div class="form-foot">\(UI.button("Save"))</div>
        """)
  }

  private var facts: HTML {
    UI.descriptionList([
      ("E-mail", UI.email(contact.email)), ("Phone", UI.phone(contact.phone)),
      ("Mobile", UI.text(contact.mobile)), ("Job title", UI.text(contact.jobTitle)),
      ("Site", UI.text(sites?.first { $0.name == contact.site }?.displayName ?? "")),
    ])
  }

  /// The fields with their controls, in the order of the form.
  var controls: [(field: UI.Field, html: HTML)] {
    var controls = [
      text("first_name", "First name", contact.firstName),
      text("last_name", "Last name", contact.lastName, isOptional: true),
      text("email", "E-mail", contact.email, type: .email),
      text("phone", "Phone", contact.phone, type: .tel, isOptional: true),
      text("mobile", "Mobile", contact.mobile, type: .tel, isOptional: true),
      text("job_title", "Job title", contact.jobTitle, isOptional: true),
    ]
    if let sites, !sites.isEmpty {
      let field = state.field("contact.site", "Site", isOptional: true)
      controls.append(
        (
          field,
          UI.select(
            field, options: sites.map { .init($0.name, $0.displayName) },
            selected: state.text(field.name, contact.site), placeholder: "None")
        ))
    }
    return controls
  }

  private func text(
    _ path: String, _ label: String, _ saved: String, type: UI.InputType = .text,
    isOptional: Bool = false
  ) -> (field: UI.Field, html: HTML) {
    let field = state.field("contact.\(path)", label, isOptional: isOptional)
    return (field, UI.textField(field, value: state.text(field.name, saved), type: type))
  }
}
