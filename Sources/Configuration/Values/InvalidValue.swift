/// Why a value is invalid for its key; follows the value as written: `"30" is not a duration`.
struct InvalidValue: Error, Hashable {
    let message: String
    private(set) var remedy: String
    /// Index of the list element at fault.
    var element: Int?
    /// Whether the value may be a secret and must not be shown.
    var hidesValue = false
    /// Errors in further elements of the list.
    var others: [InvalidValue] = []

    init(_ message: String, _ remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    /// The same error, with the value hidden.
    var discreet: InvalidValue {
        var invalidValue = self
        invalidValue.hidesValue = true
        return invalidValue
    }

    /// The same error for a value from the environment.
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

    /// Combines several into one; nil if there are none.
    init?(_ invalidValues: [InvalidValue]) {
        guard let first = invalidValues.first else { return nil }
        self = first
        others = first.others + invalidValues.dropFirst().flatMap(\.all)
    }

    /// This error and the others, each on its own.
    var all: [InvalidValue] {
        var first = self
        first.others = []
        return [first] + others
    }
}

extension [RawValue] {
    /// Reads every element of a list; `read` gets the valid elements before it.
    ///
    /// - Throws: one ``InvalidValue`` that covers all invalid elements.
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
