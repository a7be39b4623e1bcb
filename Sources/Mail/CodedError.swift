/// The shape of the relay's errors: a code for programs, a sentence for the operator, and the causes below it.
///
/// Each part of the relay names its own by a domain, so that the codes of one part mean nothing in another:
/// `SpoolError` is `CodedError<SpoolDomain>`. The codes are open; the part declares its own in an extension of ``Code``.
package struct CodedError<Domain>: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, in a word that does not change.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    package let code: Code
    /// A sentence for the operator: what was attempted, on what, and the system's error; never a secret.
    package let message: String
    /// Causes reported by a library, innermost first.
    package let causes: [String]

    package init(_ code: Code, _ message: String, causes: [String] = []) {
        self.code = code
        self.message = message
        self.causes = causes
    }

    package var description: String {
        causes.isEmpty ? message : "\(message): \(causes.joined(separator: "; "))"
    }
}
