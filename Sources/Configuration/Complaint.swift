/// Why a value is not right for its key: follows the value as written, `"30" is not a duration`.
struct Complaint: Error, Hashable {
    let message: String
    let remedy: String
    /// Which element of a list it is about.
    var element: Int?

    init(_ message: String, _ remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    func about(_ element: Int) -> Complaint {
        var complaint = self
        complaint.element = element
        return complaint
    }
}
