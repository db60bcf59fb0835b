Bsame-upper-strided-past-kernelJ0Ì’?Zí]¿
«
?x”>6É6>èL?Ç:?žM>ì¡§¿Ê‡?ÀoM¼–kC¿