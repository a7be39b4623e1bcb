package import Suppression

/// Result of an import of suppressions.
package struct SuppressionImportResult: Hashable, Sendable {
    package var added = 0
    /// Those that were there before, and are now as in the file.
    package var replaced = 0
    /// Lines that are over already, and were left out.
    package var expired = 0
    /// If there are any, nothing was changed.
    package var problems: [SuppressionImport.Problem] = []
    /// Lines that stand for more than one address.
    package var wide = 0

    package init() {}
}

/// A page of a listing.
package struct SuppressionPage: Sendable {
    package let entries: [SuppressionEntry]
    /// The last that was looked at; nil at the end.
    package let last: SuppressionKey?
}
