/// The domains of mailboxes that anybody can have, by what each provider says of them. Companies that keep their own domains
/// with one of them are not found here: only their MX records tell, and those change.
extension DomainFamily {
    /// In lower case.
    package var domains: [String] {
        switch self {
        case .google: Self.googles
        case .microsoft: Self.microsofts
        case .yahoo: Self.yahoos
        }
    }

    /// Where the provider says so.
    package var page: String {
        switch self {
        case .google: "https://support.google.com/a/answer/81126"
        case .microsoft: "https://sendersupport.olc.protection.outlook.com/pm/policies.aspx"
        case .yahoo: "https://senders.yahooinc.com/"
        }
    }

    private static let googles = ["gmail.com", "googlemail.com"]

    private static let microsofts =
        named("outlook", in: international + ["co.id", "co.th", "com.ar", "com.au", "com.br", "com.gr", "com.tr"])
        + named("outlook", in: ["cl", "cz", "de", "dk", "es", "fr", "hu", "ie", "in", "it", "jp", "kr", "lv", "my"])
        + named("outlook", in: ["ph", "pt", "sa", "sg", "sk", "com.vn", "co.il"])
        + named("hotmail", in: international + ["at", "be", "ca", "ch", "cl", "co.id", "co.il", "co.jp", "co.kr"])
        + named("hotmail", in: ["co.nz", "co.th", "co.uk", "co.za", "com.ar", "com.au", "com.br", "com.hk"])
        + named("hotmail", in: ["com.tr", "com.tw", "com.vn", "cz", "de", "dk", "es", "fi", "fr", "gr", "hu"])
        + named("hotmail", in: ["it", "lt", "lv", "my", "nl", "no", "ph", "rs", "se", "sg", "sk"])
        + named("live", in: international + ["at", "be", "ca", "ch", "cl", "cn", "co.kr", "co.uk", "co.za"])
        + named("live", in: ["com.ar", "com.au", "com.mx", "com.my", "com.ph", "com.pt", "com.sg", "de", "dk"])
        + named("live", in: ["fi", "fr", "hk", "ie", "in", "it", "jp", "nl", "no", "ru", "se"])
        + ["msn.com", "passport.com", "windowslive.com"]

    /// Without those in Japan, which another company keeps.
    private static let yahoos =
        named("yahoo", in: international + ["at", "be", "bg", "ca", "cl", "co.id", "co.il", "co.in", "co.kr"])
        + named("yahoo", in: ["co.nz", "co.th", "co.uk", "co.za", "com.ar", "com.au", "com.br", "com.co"])
        + named("yahoo", in: ["com.hk", "com.hr", "com.mx", "com.my", "com.pe", "com.ph", "com.sg", "com.tr"])
        + named("yahoo", in: ["com.tw", "com.ua", "com.ve", "com.vn", "cz", "de", "dk", "ee", "es", "fi", "fr"])
        + named("yahoo", in: ["gr", "hu", "ie", "in", "it", "lt", "lv", "nl", "no", "pl", "pt", "ro", "se"])
        + named("aol", in: international + ["at", "be", "ch", "cl", "co.nz", "co.uk", "com.ar", "com.au"])
        + named("aol", in: ["com.br", "com.co", "com.mx", "com.tr", "com.ve", "de", "dk", "es", "fi", "fr"])
        + named("aol", in: ["hk", "in", "it", "jp", "kr", "nl", "pl", "ru", "se", "tw"])
        + ["aim.com", "myyahoo.com", "rocketmail.com", "verizon.net", "yahoomail.com", "ymail.com"]

    private static let international = ["com"]

    private static func named(_ name: String, in places: [String]) -> [String] { places.map { "\(name).\($0)" } }
}
