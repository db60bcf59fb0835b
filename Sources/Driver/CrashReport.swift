import Glibc

/// Makes a trap, which is always a fault of this program, end with exit code 70 and a request to
/// report it; a closed pipe ends the program without a word, as it does other tools.
public func installCrashReport() {
  signal(SIGPIPE, SIG_DFL)
  // A stack that overflowed cannot run the handler on itself.
  let size = 64 << 10
  var stack = stack_t(ss_sp: malloc(size), ss_flags: 0, ss_size: size)
  sigaltstack(&stack, nil)
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { number in
    let text: StaticString =
      "aimcc: internal error: this is a fault of aimcc, not of your input; please report it\n"
    write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(ExitStatus.internalError.rawValue)
  }
  action.sa_flags = SA_ONSTACK | Int32(bitPattern: UInt32(SA_RESETHAND))
  for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
    sigaction(number, &action, nil)
  }
}
