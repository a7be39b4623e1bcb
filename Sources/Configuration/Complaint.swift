/// Why a value is not right for its key: follows the value as written, `"30" is not a duration`.
struct Complaint: Error, Hashable {
    let message: String
    private(set) var remedy: String
    /// Which element of a list it is about.
    var element: Int?
    /// Whether the value may be a secret, and is not to be shown.
    var hidesValue = false
    /// Those about further elements of the list.
    var others: [Complaint] = []

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

    /// The same about a value that the environment has given.
    var aboutEnvironment: Complaint {
        var complaint = self
        complaint.remedy = "check what its environment variables hold"
        return complaint
    }

    func about(_ element: Int) -> Complaint {
        var complaint = self
        complaint.element = element
        return complaint
    }

    /// All of them as one; nil where there is none.
    init?(_ complaints: [Complaint]) {
        guard let first = complaints.first else { return nil }
        self = first
        others = first.others + complaints.dropFirst().flatMap(\.all)
    }

    /// Each without the others.
    var all: [Complaint] {
        var first = self
        first.others = []
        return [first] + others
    }
}

extension [RawValue] {
    /// Reads every element of a list; those before it that are right are known to `read`.
    ///
    /// - Throws: one ``Complaint`` with those about all elements that are wrong.
    func readEach<Value>(_ read: (RawValue, [Value]) throws(Complaint) -> Value) throws(Complaint) -> [Value] {
        var values: [Value] = []
        var complaints: [Complaint] = []
        for (index, element) in enumerated() {
            do throws(Complaint) {
                values.append(try read(element, values))
            } catch {
                complaints.append(error.about(index))
            }
        }
        if let complaint = Complaint(complaints) { throw complaint }
        return values
    }
}
