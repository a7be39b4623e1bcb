/// An error of the admin interface, in a sentence for the operator.
package struct AdminError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
