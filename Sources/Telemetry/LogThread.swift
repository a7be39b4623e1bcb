import Glibc

/// The thread that writes the log. It blocks all signals, so that a vanished reader of standard error causes an error
/// of write(2) instead of ending the process.
enum LogThread {
    static func start(_ queue: LogQueue) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(queue)
        let code = pthread_create(
            &thread, nil,
            { argument in
                LogThread.blockSignals()
                Unmanaged<LogQueue>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        precondition(code == 0, "the system cannot create a thread for the log")
        pthread_detach(thread)
    }

    private static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
