Bglobal-last.i8J
ъ╬э¤ъ╧рсы