
Bfloat-to-float16J «Ä0KDFHÀPBàÁ½{@õA[È=GW@q<RE