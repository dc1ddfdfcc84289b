/// The demo provider, its staff and its customers: plain data, told in the order in which people read it.
enum DemoTenant {
  static let id = "brightwater"
  static let displayName = "Brightwater IT"
  static let timeZone = "Europe/Dublin"
  static let currency = "EUR"
  static let brandColor = "#0f6e6a"
  static let contactEmail = "help@brightwater.example"
  static let contactPhone = "+353 1 555 0100"
  /// Every demo login has this password. It meets the demo tenant's policy.
  static let password = "Harbour-Light-27"

  struct Staff: Sendable {
    var id: String
    var firstName: String
    var lastName: String
    var role: String
    var domain = "brightwater.example"
    var email: String { "\(id)@\(domain)" }
  }

  /// The first one is the administrator that the tenant is created with.
  static let staff: [Staff] = [
    Staff(id: "aoife", firstName: "Aoife", lastName: "Brennan", role: "roles/administrator"),
    Staff(id: "tomas", firstName: "Tomás", lastName: "Keane", role: "roles/technician"),
    Staff(id: "priya", firstName: "Priya", lastName: "Raman", role: "roles/technician"),
    Staff(id: "jonas", firstName: "Jonas", lastName: "Lindqvist", role: "roles/technician"),
    Staff(id: "maeve", firstName: "Maeve", lastName: "Doyle", role: "roles/billing-clerk"),
    Staff(id: "owen", firstName: "Owen", lastName: "Farrell", role: "roles/content-editor"),
  ]

  struct Place: Sendable {
    var id: String
    var displayName: String
    var street: String
    var city: String
    var postalCode: String
  }

  struct Person: Sendable {
    var id: String
    var firstName: String
    var lastName: String
    var jobTitle: String
    var site: String?
    /// Nil: a contact without portal access.
    var role: String?

    init(
      _ id: String, _ firstName: String, _ lastName: String, _ jobTitle: String,
      site: String? = nil, role: String? = nil
    ) {
      self.id = id
      self.firstName = firstName
      self.lastName = lastName
      self.jobTitle = jobTitle
      self.site = site
      self.role = role
    }
  }

  struct Device: Sendable {
    var id: String
    var displayName: String
    var identifier: String
    var isHardware: Bool
    var site: String?

    init(_ id: String, _ name: String, _ identifier: String, hardware: Bool, site: String? = nil) {
      self.id = id
      displayName = name
      self.identifier = identifier
      isHardware = hardware
      self.site = site
    }
  }

  struct Customer: Sendable {
    var id: String
    var displayName: String
    var domain: String
    var phone: String
    var places: [Place]
    var people: [Person]
    var devices: [Device]
    /// Share of the demo tickets, in per cent.
    var ticketShare: Int
  }

  static let manager = "roles/external-manager"
  static let user = "roles/external-user"

  static let customers: [Customer] = [larkspur, halden, tideline, copperfield]

  /// The account with three properties.
  static let larkspur = Customer(
    id: "larkspur", displayName: "Larkspur Dental Group", domain: "larkspur.example",
    phone: "+353 1 555 0110",
    places: [
      Place(
        id: "merrion", displayName: "Merrion Street practice", street: "12 Merrion Street",
        city: "Dublin", postalCode: "D02 X285"),
      Place(
        id: "howth", displayName: "Howth practice", street: "4 Harbour Road", city: "Howth",
        postalCode: "D13 YD21"),
      Place(
        id: "naas", displayName: "Naas practice", street: "31 Main Street South", city: "Naas",
        postalCode: "W91 K2T8"),
    ],
    people: [
      Person("ciara", "Ciara", "Nolan", "Practice manager", site: "merrion", role: manager),
      Person("ruth", "Ruth", "Adeyemi", "Receptionist", site: "merrion", role: user),
      Person("paul", "Paul", "Hickey", "Receptionist", site: "howth", role: user),
      Person("deirdre", "Deirdre", "Walsh", "Dental nurse", site: "naas", role: user),
      Person("conor", "Conor", "Nolan", "Dentist", site: "merrion"),
      Person("lena", "Lena", "Fischer", "Dentist", site: "howth"),
    ],
    devices: [
      Device("ld-reception-1", "Reception PC 1", "5CG2141KQD", hardware: true, site: "merrion"),
      Device("ld-xray", "X-ray workstation", "CZC2078V2L", hardware: true, site: "merrion"),
      Device("ld-printer-1", "Front desk printer", "VNC3R21987", hardware: true, site: "merrion"),
      Device("ld-tablet-4", "Chairside tablet 4", "DMPX8K2LQ1", hardware: true, site: "howth"),
      Device("ld-practice", "Practice software", "14.2", hardware: false),
      Device("ld-office", "Office suite", "2024", hardware: false),
    ],
    ticketShare: 40)

  static let halden = Customer(
    id: "halden-moss", displayName: "Halden & Moss Architects", domain: "haldenmoss.example",
    phone: "+353 1 555 0120",
    places: [
      Place(
        id: "studio", displayName: "Studio", street: "7 Fenian Street", city: "Dublin",
        postalCode: "D02 R296")
    ],
    people: [
      Person("ida", "Ida", "Halden", "Partner", site: "studio", role: manager),
      Person("marten", "Marten", "Moss", "Partner", site: "studio", role: manager),
      Person("sinead", "Sinéad", "O'Rourke", "Architect", site: "studio", role: user),
      Person("pavel", "Pavel", "Novák", "Model maker", site: "studio", role: user),
      Person("grace", "Grace", "Tully", "Office", site: "studio"),
    ],
    devices: [
      Device("hm-plotter", "A0 plotter", "MY98K1C00Q", hardware: true, site: "studio"),
      Device("hm-server", "File server", "7RK2HM2", hardware: true, site: "studio"),
      Device("hm-laptop-7", "Laptop 7", "PF3Q9T0L", hardware: true, site: "studio"),
      Device("hm-cad", "Drawing software", "2026.1", hardware: false),
      Device("hm-office", "Office suite", "2024", hardware: false),
    ],
    ticketShare: 25)

  static let tideline = Customer(
    id: "tideline", displayName: "Tideline Seafood", domain: "tideline.example",
    phone: "+353 21 555 0130",
    places: [
      Place(
        id: "pier", displayName: "Pier shop", street: "The Pier", city: "Kinsale",
        postalCode: "P17 AW92"),
      Place(
        id: "cold-store", displayName: "Cold store", street: "Unit 6, Marina Park", city: "Cork",
        postalCode: "T12 F8X3"),
    ],
    people: [
      Person("nora", "Nora", "Lynch", "Owner", site: "pier", role: manager),
      Person("emil", "Emil", "Costa", "Shop lead", site: "pier", role: user),
      Person("fintan", "Fintan", "Burke", "Cold store", site: "cold-store", role: user),
      Person("yasmin", "Yasmin", "Haddad", "Bookkeeping"),
      Person("joe", "Joe", "Lynch", "Skipper"),
    ],
    devices: [
      Device("ts-till-1", "Till 1", "TL-20-0041", hardware: true, site: "pier"),
      Device("ts-sensor-gw", "Sensor gateway", "SG4-1180", hardware: true, site: "cold-store"),
      Device("ts-shop", "Web shop", "8.3", hardware: false),
      Device("ts-accounting", "Accounting", "2025.4", hardware: false),
    ],
    ticketShare: 20)

  static let copperfield = Customer(
    id: "copperfield", displayName: "Copperfield Primary School", domain: "copperfield.example",
    phone: "+353 45 555 0140",
    places: [
      Place(
        id: "school", displayName: "School house", street: "Church Lane", city: "Kildare",
        postalCode: "R51 HX20")
    ],
    people: [
      Person("brigid", "Brigid", "Maher", "Principal", site: "school", role: manager),
      Person("liam", "Liam", "Quinn", "Teacher, class 4b", site: "school", role: user),
      Person("asha", "Asha", "Patel", "Secretary", site: "school", role: user),
      Person("rory", "Rory", "Byrne", "Caretaker", site: "school"),
    ],
    devices: [
      Device("cp-tablets", "Class tablets (26)", "SET-4B", hardware: true, site: "school"),
      Device("cp-boards", "Interactive boards", "ROOMS 1-6", hardware: true, site: "school"),
      Device("cp-mdm", "Device management", "cloud", hardware: false),
      Device("cp-office", "Office suite", "2024", hardware: false),
    ],
    ticketShare: 15)

  /// A second provider on the same installation, so that isolation can be seen and tested.
  enum Other {
    static let id = "foxglove"
    static let displayName = "Foxglove Systems"
    static let administrator = Staff(
      id: "hugo", firstName: "Hugo", lastName: "Marsh", role: "roles/administrator",
      domain: "foxglove.example")
    static let customer = Customer(
      id: "penrose", displayName: "Penrose Books", domain: "penrose.example",
      phone: "+44 20 5550 0150",
      places: [
        Place(
          id: "shop", displayName: "Shop", street: "18 Lamb Street", city: "London",
          postalCode: "E1 6EA")
      ],
      people: [Person("mina", "Mina", "Clarke", "Owner", site: "shop", role: manager)],
      devices: [], ticketShare: 0)
  }
}
