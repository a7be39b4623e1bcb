internal import Glibc

/// The subjects that can be fuzzed. The name is that of their folder in the corpus.
enum Subject: String, CaseIterable {
    case reply, ehlo, data, address, command, auth, proxy, bdat, server, client, downgrade, date, template, pattern,
        envelope, mbox, suppression, from, imap, pop3

    /// Runs one input. The fuzzer looks for traps: see ``require(_:_:)``.
    func run(_ input: UnsafeRawBufferPointer) {
        switch self {
        case .reply: fuzzReplies(input)
        case .ehlo: fuzzGreeting(input)
        case .data: fuzzData(input)
        case .address: fuzzAddress(input)
        case .command: fuzzCommand(input)
        case .auth: fuzzLogin(input)
        case .proxy: fuzzProxy(input)
        case .bdat: fuzzChunks(input)
        case .server: fuzzServer(input)
        case .client: fuzzClient(input)
        case .downgrade: fuzzDowngrade(input)
        case .date: fuzzDate(input)
        case .template: fuzzTemplate(input)
        case .pattern: fuzzPattern(input)
        case .envelope: fuzzEnvelope(input)
        case .mbox: fuzzMbox(input)
        case .suppression: fuzzSuppressionFile(input)
        case .from: fuzzFrom(input)
        case .imap: fuzzIMAP(input)
        case .pop3: fuzzPOP3(input)
        }
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The subject of this process; set once, before the first input.
nonisolated(unsafe) private var subject = Subject.reply

/// `SUBJECT=name Fuzz [options of libFuzzer] [folders]`. The name is not an argument, because the fuzzer restarts
/// itself with arguments of its own for merging and for jobs.
@_cdecl("Fuzz_main")
public func start(_ argc: CInt, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    guard let name = getenv("SUBJECT"), let chosen = Subject(rawValue: String(cString: name)) else {
        print(Subject.allCases.map(\.rawValue).joined(separator: " "))
        return 64
    }
    subject = chosen
    var argc = argc
    var argv = argv
    return runDriver(&argc, &argv) { start, count in
        subject.run(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
