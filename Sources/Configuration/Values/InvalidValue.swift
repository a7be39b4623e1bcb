/// Why a value is not right for its key: follows the value as written, `"30" is not a duration`.
struct InvalidValue: Error, Hashable {
    let message: String
    private(set) var remedy: String
    /// Which element of a list it is about.
    var element: Int?
    /// Whether the value may be a secret, and is not to be shown.
    var hidesValue = false
    /// Those about further elements of the list.
    var others: [InvalidValue] = []

    init(_ message: String, _ remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    /// The same about a value that nobody may see.
    var discreet: InvalidValue {
        var invalidValue = self
        invalidValue.hidesValue = true
        return invalidValue
    }

    /// The same about a value that the environment has given.
    var aboutEnvironment: InvalidValue {
        var invalidValue = self
        invalidValue.remedy = "check what its environment variables hold"
        return invalidValue
    }

    func about(_ element: Int) -> InvalidValue {
        var invalidValue = self
        invalidValue.element = element
        return invalidValue
    }

    /// All of them as one; nil where there is none.
    init?(_ invalidValues: [InvalidValue]) {
        guard let first = invalidValues.first else { return nil }
        self = first
        others = first.others + invalidValues.dropFirst().flatMap(\.all)
    }

    /// Each without the others.
    var all: [InvalidValue] {
        var first = self
        first.others = []
        return [first] + others
    }
}

extension [RawValue] {
    /// Reads every element of a list; those before it that are right are known to `read`.
    ///
    /// - Throws: one ``InvalidValue`` with those about all elements that are wrong.
    func readEach<Value>(_ read: (RawValue, [Value]) throws(InvalidValue) -> Value) throws(InvalidValue) -> [Value] {
        var values: [Value] = []
        var invalidValues: [InvalidValue] = []
        for (index, element) in enumerated() {
            do throws(InvalidValue) {
                values.append(try read(element, values))
            } catch {
                invalidValues.append(error.about(index))
            }
        }
        if let invalidValue = InvalidValue(invalidValues) { throw invalidValue }
        return values
    }
}
