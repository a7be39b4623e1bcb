/// Words of a refusal that is about a recipient and nothing else.
///
/// `mailbox unavailable` is what RFC 5321 has for 550, and servers put it before any reason. So by text alone a
/// recipient fails at once only if the reply says nothing that is not in here.
enum RecipientVocabulary {
    /// In the order of the documentation.
    static let list = (grammar + mailbox + refusal + advice + german + french + spanish)
        .flatMap { $0.split(separator: " ").map(String.init) }
    private static let words = Set(list.map { Array($0.utf8)[...] })

    /// The first word of a reply that is not one of these. Words with a digit are codes or numbers, single letters are
    /// flags.
    static func firstOther(in reply: PlainWords) -> String? {
        reply.words.first { $0.count > 1 && !words.contains($0) && !$0.contains(where: isDigit) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    private static let grammar = [
        "a an the this that these it its is are was be been isn not no none nor or and but of in on at to for from by",
        "with as any such there here has have had do does doesn doesnt did could couldn can cannot may than all one more",
        "our we us my sorry please because",
    ]
    private static let mailbox = [
        "user users username recipient recipients rcpt rcptto mailbox mailboxes inbox box address addresses addressee",
        "person people name named local localpart part alias id email emails mail mails message messages virtual table",
        "domain system server site post postbox chkuser mode normal",
    ]
    private static let refusal = [
        "unknown invalid found find exist exists existing existent nonexistent unavailable reject rejected rejecting",
        "refused known valid recognized recognised unrecognized unrecognised disabled inactive frozen closed deleted",
        "removed undeliverable deliver delivered delivery delivering deliverable failed failure permanent permanently",
        "error fatal action actions requested taken aborted accept accepted accepting command smtp esmtp bad wrong",
        "incorrect illegal misspelled longer anymore currently",
    ]
    private static let advice = [
        "check checking double spelling typo typos correct correctly try again see visit explanation information",
        "details help postmaster administrator contact unnecessary spaces",
    ]
    private static let german = [
        "empfänger empfaenger postfach benutzer nutzer adresse unbekannt unbekannter ungültig ungueltig existiert nicht",
        "kein keine der die das ist diesem unter namen",
    ]
    private static let french = [
        "utilisateur inconnu inconnue adresse destinataire invalide boîte boite existe pas le la les est"
    ]
    private static let spanish = [
        "usuario desconocido destinatario dirección direccion inexistente inválido invalido buzón buzon el"
    ]
}
