import HTTPTypes

/// The page for operators, described.
extension Operation {
    static let page: [Operation] = [.get, .head].flatMap { [index($0), part($0)] }

    private static func index(_ method: HTTPRequest.Method) -> Operation {
        Operation(
            method: method, path: "/", id: "page" + suffix(method), tag: "page", summary: "The page for operators.",
            answers: [.text(PageFile.index.type, "The page"), .none(304, "The client has it")])
    }

    private static func part(_ method: HTTPRequest.Method) -> Operation {
        let names = PageFile.parts.map(\.name)
        return Operation(
            method: method, path: "/page/{file}", id: "pageFile" + suffix(method), tag: "page",
            summary: "A file of the page.", parameters: [.path("file", .oneOf(names), "Its name.")],
            answers: Set(PageFile.parts.map(\.type)).sorted().map { .text($0, "The file") }
                + [.none(304, "The client has it")],
            failures: [404])
    }

    private static func suffix(_ method: HTTPRequest.Method) -> String { method == .head ? "Head" : "" }
}
