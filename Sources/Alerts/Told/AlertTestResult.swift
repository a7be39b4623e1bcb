/// Whether one receiver took a test.
package struct AlertTestResult: Hashable, Sendable {
    /// Name of a `[[notify]]`.
    package var notify: String
    /// Why it was not told; nil if it was.
    package var problem: String?

    package init(notify: String, problem: String?) {
        (self.notify, self.problem) = (notify, problem)
    }
}
