/// Somebody or something that a reply may be about instead of the recipient or the message.
///
/// A row that would fail mail at once is skipped if the reply names one of its parties: then nobody knows which words
/// to believe, and a second opinion decides. A word such as `customer` may be anywhere in the reply; see
/// ``PlainWords`` for the form it has there.
package struct OtherParty: Hashable, Sendable {
    /// For documentation, as in "the reply names ...".
    package let name: String
    /// A leading or trailing space stands for the start or end of a word.
    package var words: [String] { list.words }
    private let list: WordList

    init(_ name: String, _ words: [String]) {
        self.name = name
        self.list = WordList(words)
    }

    /// The word that names it, without spaces around it; nil if the reply does not.
    func name(in words: PlainWords) -> String? {
        list.first(in: words.text).map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }
}

extension OtherParty {
    /// In the order of the documentation.
    package static let all = [
        us, sender, customer, account, money, volume, remainder, rate, host, domain, server, filter,
    ]

    static let us = OtherParty(
        "us", [" you ", " your ", " yours ", " ihr ", " ihre", " sie ", " vous ", " votre ", " vos ", " su ", " sus "])

    static let sender = OtherParty(
        "the sender",
        [
            " sender", " originat", " origin ", " mail from", " from address", " from header", " from mailbox",
            " return path", " return address", " envelope from", " bounce address", " caller", " submitter",
            " absender", " expéditeur", " expediteur", " remitente",
        ])

    static let customer = OtherParty(
        "a customer, a contract or a login",
        [
            " customer", " tenant", " subscri", " contract", " plan ", " plans ", " tariff", " trial", " sandbox",
            " demo ", " free tier", " free user", " freemium", " licen", " upgrade", " smtp user", " login", " log in",
            " logged in", " logon", " sign in", " signed in", " sign up", " authenti", " identify yourself",
            " credential", " password", " token", " api ", " secret", " smarthost", " submission", " outgoing",
            " outbound", " sending", " register", " registr", " unregister", " company", " organis", " organiz",
            " application", " shop", " webshop", " website", " site ", " installation", " entitle", " not enabled",
            " service", " pending", " device", " access ", " guest", " reseller", " bulk ", " to use smtp",
            " probezeit", " essai", " prueba", " kunde", " vertrag", " lizenz", " tarif", " anmeld", " ausgehend",
            " abonn", " contrat", " client", " identifiez", " identifié", " connexion", " sortant", " saliente",
            " usted",
        ])

    /// Not for a status code of mailboxes: the recipient has an account too.
    static let account = OtherParty(
        "an account", [" account", " konto", " compte ", " cuenta "])

    static let money = OtherParty(
        "money",
        [
            " paid ", " unpaid", " pay ", " paying", " payment", " invoice", " billing", " bill ", " bills ",
            " arrear", " overdue", " balance", " fund", " credit", " prepaid", " budget", " price", " fee ", " fees ",
            " debt", " owe", " money", " purchase", " rechnung", " zahl", " bezahl", " guthaben", " mahnung",
            " schuld", " factur", " impay", " solde", " paiement", " saldo", " pago", " pague", " crédit", " deuda",
        ])

    static let volume = OtherParty(
        "a time or a volume",
        [
            " month", " week", " daily", " day ", " today", " hour", " 24 h", " year", " quarter", " volume",
            " volumen", " traffic", " bandwidth", " transfer", " allowance", " allotment", " contingent", " bundle",
            " package", " kontingent", " datenvolumen", " monat", " tages", " täglich", " taeglich", " forfait",
            " mensu", " journali", " diari", " cuota mens",
        ])

    /// Only for the size of a message: a mailbox that is full has nothing left either.
    static let remainder = OtherParty(
        "what is left",
        [
            " left", " remain", " used up", " spent", " gone ", " consumed", " exhausted", " enough", " share ",
            " cap ", " capacity", " queue", " megabyte", " free ", "aufgebraucht", "erschöpft", "erschoepft",
            "verbraucht", "puisé", "puise", "agotad", "insuffi", " quota", " mailbox",
        ])

    /// Not for a full mailbox.
    static let rate = OtherParty("a rate", [" too many", " limit exceeded", " rate "])

    static let host = OtherParty(
        "this host or its network",
        [
            " ip ", " ips ", " ipv", " host", " server", " machine", " computer", " peer", " gateway", " relay",
            " network", " lan ", " pc ", " range ", " connecting", " connection", " remote", " foreign", " dialup",
            " dial up", " dynamic", " country", " geo ", " ptr", " rdns", " reverse ", " pointer", " helo", " ehlo",
            " greeting", " tls ", " certificate", " blacklist", " blocklist", " block list", " black list",
            " blackhole", " listed", " rbl", " dnsbl", " allowlist", " whitelist", " allow list", " reputation",
            " complain", " spammer", " source of spam", " spam source", " bot ", " botnet", " outbreak", " campaign",
            " welcome", " unauthori", " not authori", " trust", " untrust", " restriction", " netz", " rechner",
            " serveur", " réseau", " autoris", " servidor", " autoriza",
        ])

    /// Not if the recipient's domain is unknown.
    static let domain = OtherParty(
        "a domain", [" domain", " dns", " mx ", " aaaa", " nameserver", " spf", " dkim", " dmarc"])

    static let server = OtherParty(
        "the server's own trouble",
        [
            " database", " engine", " crash", " corrupt", " i o ", " offline", " broken", " broke ", " internal",
            " module", " initiali", " filesystem", " file system", " read only", " handles", " descriptors",
            " resources", " memory", " daemon", " shutting", " down ", " datenbank", " abgestürzt", " defekt",
            " panne",
        ])

    /// Not for a recipient, whose mailbox could not be found either.
    static let filter = OtherParty(
        "the trouble of a filter",
        [
            " disk", " storage", " store ", " spool", " could not", " couldn t", " unable", " cannot be", " can t be",
            " not be ", " did not", " didn t", " failed", " failure", " fails", " not readable", " unreachable",
            " not respon", " no answer", " expir", " lapsed", " outdated", " out of", " stale", " too old", " aborted",
            " self test", " missing", " misconfig", " not configured", " not running", " not installed", " not ready",
            " rejecting all", " all mail", " all further", " stopped", " abgelaufen", " veraltet", " fehl", " échou",
            " caduc",
        ])
}

extension OtherParty {
    /// For rows about a recipient by status code.
    static let besideMailbox = [us, sender, customer, money, volume, host, server]
    /// For rows about the size of a message.
    static let besideSize = [us, sender, customer, account, money, volume, remainder, host, server, filter]
    /// For rows about the content of a message.
    static let besideContent = [us, sender, customer, account, money, volume, host, domain, server, filter]
}
