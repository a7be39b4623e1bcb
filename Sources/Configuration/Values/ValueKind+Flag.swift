extension ValueKind<Bool> {
    /// Yes or no.
    static let flag = ValueKind(name: "boolean", bounds: "true, false") { (raw) throws(InvalidValue) in
        guard case .boolean(let flag) = raw else { throw InvalidValue("is not a boolean", "write true or false") }
        return flag
    } write: {
        String($0)
    }
}
