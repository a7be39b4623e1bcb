internal import Ingress
internal import Suppression

extension Schema {
    static let rewrite = Section(
        "rewrite", isList: true, isComment: true,
        "What an address becomes before a message is stored; one table for each, tried in order. For each address the first "
            + "that fits decides. At most 256.",
        prototype: ConfigurationDraft.rewrite,
        keys: [
            .required(
                "field", \.field, .word(RewriteRule.Field.self), example: .from,
                "Where the address is: the envelope sender, From: or Reply-To:."),
            .required(
                "match", \.match, .mailbox, example: ConfigurationDraft.rewrite.match,
                "Which addresses; the empty sender <> never fits."),
            .required(
                "to", \.target, .rewriteTarget, example: ConfigurationDraft.rewrite.target,
                "The address instead, in ASCII, or \"@domain\" to keep what is before the @."),
        ])
}

extension ConfigurationDraft {
    /// Initial value of a `[[rewrite]]`, whose keys are all required; also the example.
    static let rewrite: RewriteRule = {
        guard let target = RewriteTarget("@example.com") else { preconditionFailure("the example is a domain") }
        return RewriteRule(.from, match: SuppressionPattern(stored: "@*.example.com"), to: target)
    }()
}
