extension ValueKind<[String]> {
    /// One path or several; relative paths begin at the directory of relay.conf.
    static func paths(_ example: String) -> ValueKind {
        let path = ValueKind<String>.path(example)
        return ValueKind(name: "path, or list of paths", bounds: "") { (raw) throws(InvalidValue) in
            guard case .list(let elements) = raw else { return [try path.read(raw)] }
            return try elements.readEach { (element, _) throws(InvalidValue) in try path.read(element) }
        } write: { paths in
            paths.count == 1 ? path.write(paths[0]) : "[" + paths.map(path.write).joined(separator: ", ") + "]"
        }
    }
}
