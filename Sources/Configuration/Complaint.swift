/// Why a value is not right for its key: follows the value as written, `"30" is not a duration`.
struct Complaint: Error, Hashable {
    let message: String
    let remedy: String
    /// Which element of a list it is about.
    var element: Int?
    /// Whether the value may be a secret, and is not to be shown.
    var hidesValue = false

    init(_ message: String, _ remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    /// The same about a value that nobody may see.
    var discreet: Complaint {
        var complaint = self
        complaint.hidesValue = true
        return complaint
    }

    func about(_ element: Int) -> Complaint {
        var complaint = self
        complaint.element = element
        return complaint
    }
}
