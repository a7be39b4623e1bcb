internal import Mail

/// Words that give another reason for a refusal than its status code does: the address may be fine then.
///
/// They decide nothing about mail, only that a failure does not count as a bounce. A word too many here costs a bounce that
/// is not counted; one too few suppresses an address that takes mail.
enum OtherReason {
    /// A leading or trailing space stands for the start or end of a word.
    private static let any = WordList([
        " spam", " unsolicited", " unwanted", " junk", " bulk", " phish", " abus", " score", " reputation", " complain",
        " block", " blacklist", " black list", " rbl ", " dnsbl", " listed", " virus", " viruses", " malware",
        " infect",
        " trojan", " eicar", " content", " attachment", " macro ", " malformed", " header", " filter", " firewall",
        " security", " unsafe", " policy", " policies", " denied", " not allowed", " not permitted", " not authorized",
        " prohibited", " forbidden", " banned", " restrict", " suspend", " rate ", " rates ", " ratelimit", " throttl",
        " too many", " too fast", " quickly", " frequen", " greylist", " graylist", " gesperrt", " blockiert",
        " inhalt", " richtlinie", " bloqu", " contenu", " politique", " contenido", " política", " politica",
    ])

    /// Those that speak against a hard bounce only: the address may exist, and take mail again.
    private static let full = WordList([
        " quota", " overquota", " full ", " storage", " space ", " limit", " exceed", " capacity", " voll ",
        " kontingent", " plein", " llen", " cuota", " later ", " temporar", " overload",
    ])

    /// The first word that speaks against a bounce of this kind; nil if none does.
    static func named(in reply: ReplySubject, against kind: BounceKind) -> String? {
        let text = PlainWords.all(of: reply)
        return switch kind {
        case .hard: any.first(in: text) ?? full.first(in: text)
        case .soft: any.first(in: text)
        }
    }
}
